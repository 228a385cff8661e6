using System.Buffers.Binary;
using System.Text;

namespace Assay.Tests.Checkpoints;

/// <summary>A new folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>In memory where the system offers it: flushing many small files to disk takes most of a test's time.</summary>
    public TemporaryFolder() => Path = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/assay-{Guid.NewGuid():n}").FullName
        : Directory.CreateTempSubdirectory("assay-").FullName;

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string relative, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[relative])!);
        File.WriteAllBytes(this[relative], bytes);
        return this[relative];
    }

    public string Write(string relative, string text) => Write(relative, Encoding.UTF8.GetBytes(text));

    /// <summary>A safetensors file made by hand: length, header as given, data.</summary>
    public static byte[] Safetensors(string header, params byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + json.Length);
        return bytes;
    }

    /// <summary>Relative path and bytes of every file.</summary>
    public static SortedDictionary<string, byte[]> Contents(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => System.IO.Path.GetRelativePath(folder, f), File.ReadAllBytes), StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
