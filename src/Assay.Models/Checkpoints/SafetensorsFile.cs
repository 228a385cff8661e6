using System.Buffers.Binary;

namespace Assay.Checkpoints;

/// <summary>One safetensors file, held open and checked as a whole when opened.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly StoredFile file;

    private SafetensorsFile(StoredFile file)
    {
        this.file = file;
        var (path, length) = (file.Path, file.Length);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(file.Start, 8));
        if (headerLength > SafetensorsHeader.MaxLength)
            throw new InvalidInputException($"{path}: the header length is {headerLength}; at most {SafetensorsHeader.MaxLength} is expected. This is no safetensors file.");
        if (headerLength > (ulong)(length - 8))
            throw new InvalidInputException($"{path}: the header length is {headerLength}, but only {length - 8} bytes follow. The file is cut short; fetch it again.");
        HeaderLength = (int)headerLength;
        file.LoadHeader(DataStart);
        var header = SafetensorsHeader.Parse(RawHeader, length - DataStart, path);
        Metadata = header.Metadata;
        var tensors = new Tensor[header.Entries.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var entry = header.Entries[i];
            tensors[i] = new Tensor(entry.Name, entry.DType, entry.Shape, file, DataStart + entry.Begin, entry.End - entry.Begin);
        }
        Tensors = tensors;
    }

    /// <summary>Path as given.</summary>
    public string Path => file.Path;

    /// <summary>The file's bytes.</summary>
    public long Length => file.Length;

    /// <summary>Bytes of the JSON header, padding included, without the 8 bytes of its length.</summary>
    public int HeaderLength { get; }

    /// <summary>Offset of the first tensor's data in the file; may be odd.</summary>
    public long DataStart => 8L + HeaderLength;

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> object in its own order; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The header's bytes as they stand in the file.</summary>
    internal ReadOnlySpan<byte> RawHeader => new(file.Start + 8, HeaderLength);

    /// <summary>Opens a file and checks its header. Links are followed. No tensor is read.</summary>
    /// <exception cref="InvalidInputException">Missing, unreadable, or any rule of the format is violated; all problems at once.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var opened = StoredFile.Open(path, "safetensors", least: 10, header: 8);
        try
        {
            return new SafetensorsFile(opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file; its tensors can no longer be read.</summary>
    public void Dispose() => file.Dispose();
}
