using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Evaluation.Scoring;

/// <summary>An append-only file of keyed blocks. What a crash tore off at its end is dropped when it is opened again.</summary>
/// <remarks>Each block is 16 bytes of header (mark, length of the key, length of the payload; little-endian), the key in UTF-8 and the payload, each padded
/// with zeros to a multiple of 8. Blocks are read where they lie, so the file's size is no private memory. Not safe for several writers.</remarks>
internal sealed class BlockFile : IDisposable
{
    private const uint Mark = 0x4B4C4241; // "ABLK".
    private const int HeaderLength = 16;
    private const int LongestKey = 4096;
    private const string Advice = "What is finished stays in the journal: make room, or allow writing there, and run the same command again.";

    private readonly string _path;
    private readonly OrderedDictionary<string, (long At, long Length)> _blocks = new(StringComparer.Ordinal);
    private FileStream _file;

    private BlockFile(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>Keys in the order in which their blocks lie.</summary>
    public IEnumerable<string> Keys => _blocks.Keys;

    /// <summary>Opens a file, or begins one.</summary>
    /// <param name="path">File.</param>
    /// <param name="fresh">Whether an earlier file is thrown away.</param>
    /// <exception cref="InvalidInputException">Not such a file, or it cannot be written.</exception>
    public static BlockFile Open(string path, bool fresh = false)
    {
        if (RegularFile.KindOf(path) is not FileKind.Missing) RegularFile.Require(path, "a file of scores");
        FileStream file = null!;
        AtomicFile.Guard(path, () => file = Create(path, fresh ? FileMode.Create : FileMode.OpenOrCreate, FileOptions.None), Advice);
        return Read(path, file);
    }

    /// <summary>Opens a file without changing it.</summary>
    public static BlockFile OpenForReading(string path)
    {
        RegularFile.Require(path, "a file of scores");
        try
        {
            var blocks = new BlockFile(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
            blocks.Scan();
            return blocks;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A file that is gone when it is closed.</summary>
    public static BlockFile Temporary()
    {
        var path = Path.Combine(Path.GetTempPath(), $"assay-scores-{Guid.NewGuid():N}");
        return new BlockFile(path, Create(path, FileMode.CreateNew, FileOptions.DeleteOnClose));
    }

    /// <summary>Whether there is a block of this key.</summary>
    public bool Contains(string key) => _blocks.ContainsKey(key);

    /// <summary>Where a block lies among the others; −1 where there is none.</summary>
    public int Position(string key) => _blocks.IndexOf(key);

    /// <summary>Length of a block's payload.</summary>
    public long Length(string key) => _blocks[key].Length;

    /// <summary>Reads a part of a block's payload.</summary>
    /// <param name="key">Which block.</param>
    /// <param name="offset">Where in the payload.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">The file became shorter meanwhile.</exception>
    public void Read(string key, long offset, Span<byte> destination)
    {
        var (at, length) = _blocks[key];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + destination.Length, length);
        for (var done = 0; done < destination.Length;)
        {
            var count = RandomAccess.Read(_file.SafeFileHandle, destination[done..], at + offset + done);
            if (count == 0) throw new InvalidInputException($"{_path}: became shorter while it was read. Start anew with --fresh.");
            done += count;
        }
    }

    /// <summary>The whole payload of a block.</summary>
    public byte[] Read(string key)
    {
        var bytes = new byte[Length(key)];
        Read(key, 0, bytes);
        return bytes;
    }

    /// <summary>SHA-256 of a block's payload in lower-case hex.</summary>
    public string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Read(key)));

    /// <summary>Appends blocks and flushes them to disk. A crash meanwhile keeps the first of them or none.</summary>
    public void Append(IReadOnlyList<(string Key, byte[] Payload)> blocks)
    {
        AtomicFile.Guard(_path, () =>
        {
            foreach (var (key, payload) in blocks)
            {
                var name = Encoding.UTF8.GetBytes(key);
                if (name.Length > LongestKey) throw new ArgumentException($"A key has at most {LongestKey} bytes.", nameof(blocks));
                if (_blocks.ContainsKey(key)) throw new ArgumentException($"'{key}' is there already.", nameof(blocks));
                var start = _file.Length;
                var bytes = new byte[HeaderLength + Padded(name.Length) + Padded(payload.Length)];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), name.Length);
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), payload.Length);
                name.CopyTo(bytes, HeaderLength);
                payload.CopyTo(bytes, (int)(HeaderLength + Padded(name.Length)));
                RandomAccess.Write(_file.SafeFileHandle, bytes, start);
                _blocks.Add(key, (start + HeaderLength + Padded(name.Length), payload.Length));
            }

            _file.Flush(flushToDisk: true);
        }, Advice);
    }

    /// <summary>Puts the blocks into an order, and drops those that it does not name.</summary>
    /// <remarks>The file is written anew beside its place and renamed; of blocks that lie so already nothing is written.</remarks>
    public void Arrange(IEnumerable<string> keys)
    {
        List<string> order = [.. keys.Where(_blocks.ContainsKey).Distinct(StringComparer.Ordinal)];
        if (order.SequenceEqual(_blocks.Keys, StringComparer.Ordinal)) return;
        AtomicFile.Write(_path, stream =>
        {
            var header = new byte[HeaderLength];
            foreach (var key in order)
            {
                var name = Encoding.UTF8.GetBytes(key);
                var payload = Read(key);
                BinaryPrimitives.WriteUInt32LittleEndian(header, Mark);
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), name.Length);
                BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), payload.Length);
                stream.Write(header);
                stream.Write(name);
                stream.Write(new byte[Padded(name.Length) - name.Length]);
                stream.Write(payload);
                stream.Write(new byte[Padded(payload.Length) - payload.Length]);
            }
        }, overwrite: true, advice: Advice);
        _file.Dispose();
        AtomicFile.Guard(_path, () => _file = Create(_path, FileMode.Open, FileOptions.None), Advice);
        Scan();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Create(string path, FileMode mode, FileOptions options) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0, options);

    private static BlockFile Read(string path, FileStream file)
    {
        var blocks = new BlockFile(path, file);
        try
        {
            var end = blocks.Scan();
            if (end != file.Length) AtomicFile.Guard(path, () => file.SetLength(end), Advice);
            return blocks;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // Returns where the last whole block ends.
    private long Scan()
    {
        _blocks.Clear();
        var header = new byte[HeaderLength];
        var key = new byte[LongestKey];
        long at = 0, length = _file.Length;
        while (at + HeaderLength <= length)
        {
            RandomAccess.Read(_file.SafeFileHandle, header, at);
            var (name, payload) = (BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8)));
            // Behind a crash anything may stand at the end. What is damaged before it is missed by the journal.
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Mark || name is < 1 or > LongestKey || payload < 0) break;
            var start = at + HeaderLength + Padded(name);
            if (payload > length - start || start + Padded(payload) > length) break;
            RandomAccess.Read(_file.SafeFileHandle, key.AsSpan(0, name), at + HeaderLength);
            var text = Encoding.UTF8.GetString(key, 0, name);
            if (!_blocks.TryAdd(text, (start, payload)))
                throw new InvalidInputException($"{_path}, byte {at}: a block's key comes for the second time. The file was damaged; start anew with --fresh.");
            at = start + Padded(payload);
        }

        return at;
    }

    private static long Padded(long length) => (length + 7) / 8 * 8;
}
