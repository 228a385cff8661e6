namespace Assay.Checkpoints.Gguf;

/// <summary>One GGUF file, held open and checked as a whole when opened: tensors under GGUF's names, metadata.</summary>
/// <remarks>A part of a split model is a file of its own; <see cref="GgufModel"/> puts them together.</remarks>
public sealed class GgufFile : IDisposable
{
    private readonly StoredFile file;

    private GgufFile(StoredFile file)
    {
        this.file = file;
        var header = GgufHeader.Parse(file);
        Version = header.Version;
        DataStart = header.DataStart;
        Values = header.Metadata;
        Tensors = [.. header.Entries.Select(e => new Tensor(e.Name, e.DType, e.Shape, file, header.DataStart + e.Offset, e.Length))];
    }

    /// <summary>Path as given.</summary>
    public string Path => file.Path;

    /// <summary>The file's bytes.</summary>
    public long Length => file.Length;

    /// <summary>Version of the format.</summary>
    public uint Version { get; }

    /// <summary>Offset of the first tensor's data in the file.</summary>
    public long DataStart { get; }

    /// <summary>In the order of the file; shapes outermost first, the reverse of the file's dimensions.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Keys of the metadata, in the order of the file.</summary>
    public IEnumerable<string> Keys => Values.Keys;

    /// <summary>Metadata.</summary>
    internal IReadOnlyDictionary<string, GgufValue> Values { get; }

    /// <summary>Opens a file and checks its header. Links are followed. No tensor is read.</summary>
    /// <exception cref="InvalidInputException">Missing, unreadable, of a type that is not read, or any rule of the format is violated.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var opened = StoredFile.Open(path, "GGUF", least: 24, header: 24);
        try
        {
            return new GgufFile(opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file; its tensors and metadata can no longer be read.</summary>
    public void Dispose() => file.Dispose();
}
