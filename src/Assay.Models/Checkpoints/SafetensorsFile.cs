using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Assay.Checkpoints;

/// <summary>One memory-mapped safetensors file, checked as a whole when opened.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;

    private SafetensorsFile(string path, long length, SafeFileHandle handle, MemoryMappedFile mapping, MemoryMappedViewAccessor view)
    {
        this.handle = handle;
        this.mapping = mapping;
        this.view = view;
        Path = path;
        Length = length;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
        try
        {
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start, 8));
            if (headerLength > SafetensorsHeader.MaxLength)
                throw new InvalidInputException($"{path}: the header length is {headerLength}; at most {SafetensorsHeader.MaxLength} is expected. This is no safetensors file.");
            if (headerLength > (ulong)(length - 8))
                throw new InvalidInputException($"{path}: the header length is {headerLength}, but only {length - 8} bytes follow. The file is cut short; fetch it again.");
            HeaderLength = (int)headerLength;
            var header = SafetensorsHeader.Parse(RawHeader, length - DataStart, path);
            Metadata = header.Metadata;
            var tensors = new Tensor[header.Entries.Count];
            for (var i = 0; i < tensors.Length; i++)
            {
                var entry = header.Entries[i];
                tensors[i] = new Tensor(entry.Name, entry.DType, entry.Shape, start + DataStart + entry.Begin, entry.End - entry.Begin, this);
            }
            Tensors = tensors;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Path as given.</summary>
    public string Path { get; }

    /// <summary>The file's bytes.</summary>
    public long Length { get; }

    /// <summary>Bytes of the JSON header, padding included, without the 8 bytes of its length.</summary>
    public int HeaderLength { get; }

    /// <summary>Offset of the first tensor's data in the file; may be odd.</summary>
    public long DataStart => 8L + HeaderLength;

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> object in its own order; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The header's bytes as they stand in the file.</summary>
    internal ReadOnlySpan<byte> RawHeader => new(start + 8, HeaderLength);

    internal bool IsDisposed { get; private set; }

    /// <summary>Maps a file and checks its header. Links are followed. No tensor is read.</summary>
    /// <exception cref="InvalidInputException">Missing, unreadable, or any rule of the format is violated; all problems at once.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Checkpoints are mapped as they are; a little-endian processor is needed.");
        try
        {
            // A pipe or device has length 0 and must not be opened, since opening it may wait for ever.
            var info = new FileInfo(path);
            var target = info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!target.Exists) throw new InvalidInputException($"{path}: {(info.LinkTarget is null ? "no such file" : "a link to a file that is not there")}; a safetensors file is expected. Fetch it again.");
            if (target.Length < 8) throw new InvalidInputException($"{path}: {target.Length} bytes; a safetensors file has at least 10. Fetch it again.");
            var opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
            MemoryMappedFile? mapped = null;
            MemoryMappedViewAccessor whole;
            long length;
            try
            {
                length = RandomAccess.GetLength(opened);
                if (length < 8) throw new InvalidInputException($"{path}: {length} bytes; a safetensors file has at least 10. Fetch it again.");
                mapped = MemoryMappedFile.CreateFromFile(opened, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                whole = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            }
            catch
            {
                mapped?.Dispose();
                opened.Dispose();
                throw;
            }
            return new SafetensorsFile(path, length, opened, mapped, whole);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads bytes of the mapping from the file itself.</summary>
    /// <param name="data">An address in the mapping.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">The file was shortened since it was opened, or reading failed.</exception>
    internal void ReadData(byte* data, Span<byte> destination)
    {
        try
        {
            var offset = data - start;
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

    /// <summary>Unmaps the file; its tensors can no longer be read.</summary>
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
