using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Assay.Checkpoints;

/// <summary>A file mapped read-only as a whole. Whoever reads through its pointers keeps it open.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;

    private MappedFile(string path, long length, SafeFileHandle handle, MemoryMappedFile mapping, MemoryMappedViewAccessor view)
    {
        this.handle = handle;
        this.mapping = mapping;
        this.view = view;
        Path = path;
        Length = length;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start + view.PointerOffset;
    }

    /// <summary>Path as given.</summary>
    public string Path { get; }

    /// <summary>The file's bytes.</summary>
    public long Length { get; }

    /// <summary>First byte.</summary>
    public byte* Start { get; }

    public bool IsDisposed { get; private set; }

    /// <summary>Maps a file. Links are followed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What is expected, for messages: <c>safetensors</c>.</param>
    /// <param name="least">Bytes that the shortest such file has.</param>
    /// <param name="mapped">Bytes without which nothing is mapped.</param>
    /// <exception cref="InvalidInputException">Missing, too short or unreadable.</exception>
    public static MappedFile Open(string path, string kind, int least, int mapped)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Checkpoints are mapped as they are; a little-endian processor is needed.");
        try
        {
            // A pipe or device has length 0 and must not be opened, since opening it may wait for ever.
            var info = new FileInfo(path);
            var target = info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!target.Exists) throw new InvalidInputException($"{path}: {(info.LinkTarget is null ? "no such file" : "a link to a file that is not there")}; a {kind} file is expected. Fetch it again.");
            if (target.Length < mapped) throw TooShort(target.Length);
            var opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
            MemoryMappedFile? whole = null;
            try
            {
                var length = RandomAccess.GetLength(opened);
                if (length < mapped) throw TooShort(length);
                whole = MemoryMappedFile.CreateFromFile(opened, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                return new MappedFile(path, length, opened, whole, whole.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
            }
            catch
            {
                whole?.Dispose();
                opened.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }

        InvalidInputException TooShort(long length) => new($"{path}: {length} bytes; a {kind} file has at least {least}. Fetch it again.");
    }

    /// <summary>Reads bytes of the mapping from the file itself.</summary>
    /// <param name="data">An address in the mapping.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">The file was shortened since it was opened, or reading failed.</exception>
    public void ReadData(byte* data, Span<byte> destination)
    {
        try
        {
            var offset = data - Start;
            while (!destination.IsEmpty)
            {
                var count = RandomAccess.Read(handle, destination, offset);
                if (count == 0) throw new InvalidInputException($"{Path}: was shortened from {Length} to {RandomAccess.GetLength(handle)} bytes while in use. Leave checkpoints alone while they are read.");
                destination = destination[count..];
                offset += count;
            }
        }
        catch (IOException e)
        {
            throw new InvalidInputException($"{Path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        mapping.Dispose();
        handle.Dispose();
    }
}
