using Microsoft.Win32.SafeHandles;

namespace Assay.Checkpoints;

/// <summary>A checkpoint's file, held open and read piece by piece.</summary>
/// <remarks>It is read rather than mapped: another process that shortens a mapped file ends this one at the next touch of the lost part (SIGBUS), whereas a
/// read that finds too little is an error that names the file. Reads go through the system's cache of pages like a mapping, and their buffers are
/// small.</remarks>
internal sealed unsafe class StoredFile : IDisposable
{
    private const long MostHeader = 1 << 30; // A header is held as one array.
    private const int FirstHeader = 1 << 16;

    private readonly SafeFileHandle handle;
    private readonly List<byte[]> headers = []; // Addresses were handed out of each of them.

    private StoredFile(string path, long length, SafeFileHandle handle) => (Path, Length, this.handle) = (path, length, handle);

    /// <summary>Path as given.</summary>
    public string Path { get; }

    /// <summary>The file's bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>First byte of what <see cref="LoadHeader"/> has read; the address changes when more is read, and the old ones stay readable.</summary>
    public byte* Start { get; private set; }

    /// <summary>Bytes from <see cref="Start"/> on.</summary>
    public long HeaderLength { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Opens a file. Links are followed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What is expected, for messages: <c>safetensors</c>.</param>
    /// <param name="least">Bytes that the shortest such file has.</param>
    /// <param name="header">Bytes that are read at once.</param>
    /// <exception cref="InvalidInputException">Missing, no regular file, too short or unreadable.</exception>
    public static StoredFile Open(string path, string kind, int least, int header)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Checkpoints are read as they are; a little-endian processor is needed.");
        try
        {
            var info = new FileInfo(path);
            var target = info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!target.Exists) throw new InvalidInputException(
                $"{path}: {(info.LinkTarget is null ? "no such file" : "a link to a file that is not there")}; a {kind} file is expected. Fetch it again.");
            RegularFile.Require(path, $"a {kind} file");
            var opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
            try
            {
                var length = RandomAccess.GetLength(opened);
                if (length < header) throw new InvalidInputException($"{path}: {length} bytes; a {kind} file has at least {least}. Fetch it again.");
                var file = new StoredFile(path, length, opened);
                file.LoadHeader(header);
                return file;
            }
            catch
            {
                opened.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Sees to it that the first bytes of the file can be read by address.</summary>
    /// <param name="end">How many; at most the file's length.</param>
    /// <exception cref="InvalidInputException">The file was shortened, or the header is too long.</exception>
    public void LoadHeader(long end)
    {
        if (end <= HeaderLength) return;
        if (end > MostHeader) throw new InvalidInputException($"{Path}: the header takes more than {MostHeader} bytes. The file is damaged; fetch it again.");
        // Twice as much each time, since a GGUF header does not say how long it is.
        var length = (int)Math.Min(Math.Min(Length, MostHeader), Math.Max(end, Math.Max(FirstHeader, 2 * HeaderLength)));
        var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        Read(0, bytes);
        headers.Add(bytes);
        fixed (byte* start = bytes) Start = start; // Pinned for as long as the list holds it.
        HeaderLength = length;
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">Of the first, in the file.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">The file was shortened since it was opened, or reading failed.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var count = RandomAccess.Read(handle, destination, offset);
                if (count == 0) throw new InvalidInputException(
                    $"{Path}: was shortened from {Length} to {RandomAccess.GetLength(handle)} bytes while in use. Leave checkpoints alone while they are " +
                    "read, fetch the file again, and run the same command again.");
                destination = destination[count..];
                offset += count;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{Path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        handle.Dispose();
        headers.Clear();
    }
}
