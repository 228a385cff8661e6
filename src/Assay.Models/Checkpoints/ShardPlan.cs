using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Checkpoints;

/// <summary>One safetensors file of a copy.</summary>
/// <param name="FileName">Its name in the folder.</param>
/// <param name="Tensors">In the order of their data.</param>
/// <param name="Header">The header's bytes, padding included.</param>
internal sealed record PlannedShard(string FileName, IReadOnlyList<TensorToWrite> Tensors, byte[] Header)
{
    /// <summary>The file's length in bytes.</summary>
    public long Length => 8 + Header.Length + Tensors.Sum(t => t.ByteLength);
}

/// <summary>Which tensors go into which file of a copy, and what its index says.</summary>
/// <param name="Shards">The files.</param>
/// <param name="Index">The index's bytes; null where there is one file.</param>
internal sealed record ShardPlan(IReadOnlyList<PlannedShard> Shards, byte[]? Index)
{
    /// <summary>The source's own files. A header is kept byte for byte unless a replacement changes a dtype or shape.</summary>
    /// <param name="source">The checkpoint to copy.</param>
    /// <param name="replacements">By tensor name.</param>
    /// <param name="index">The source's index; null where there is none.</param>
    public static ShardPlan Keep(Checkpoint source, IReadOnlyDictionary<string, TensorToWrite> replacements, byte[]? index)
    {
        var shards = source.Shards.Select(shard =>
        {
            var tensors = shard.Tensors.Select(t => replacements.GetValueOrDefault(t.Name) ?? TensorToWrite.From(t)).ToArray();
            var same = shard.Tensors.Zip(tensors).All(pair => pair.First.DType == pair.Second.DType && pair.First.Shape.SequenceEqual(pair.Second.Shape));
            return new PlannedShard(Path.GetFileName(shard.Path), tensors, same ? shard.RawHeader.ToArray() : SafetensorsWriter.FormatHeader(tensors, shard.Metadata));
        }).ToArray();
        var before = source.Tensors.Sum(t => t.ByteLength);
        var after = shards.Sum(s => s.Tensors.Sum(t => t.ByteLength));
        return new ShardPlan(shards, index is null || before == after ? index : WithTotalSize(index, after));
    }

    /// <summary>New files of at most so many bytes of data each (a larger tensor gets one of its own), named as transformers names them.</summary>
    /// <param name="source">The checkpoint to copy.</param>
    /// <param name="replacements">By tensor name.</param>
    /// <param name="maxShardBytes">Bytes of data.</param>
    public static ShardPlan Split(Checkpoint source, IReadOnlyDictionary<string, TensorToWrite> replacements, long maxShardBytes)
    {
        var groups = new List<List<TensorToWrite>> { new() };
        long size = 0;
        foreach (var tensor in source.Tensors.Select(t => replacements.GetValueOrDefault(t.Name) ?? TensorToWrite.From(t)))
        {
            if (groups[^1].Count > 0 && tensor.ByteLength > maxShardBytes - size)
            {
                groups.Add([]);
                size = 0;
            }
            groups[^1].Add(tensor);
            size += tensor.ByteLength;
        }
        var metadata = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in source.Shards.SelectMany(s => s.Metadata)) metadata.TryAdd(key, value);
        var shards = groups.Select((tensors, i) => new PlannedShard(
            groups.Count == 1 ? Checkpoint.SingleName : $"model-{i + 1:00000}-of-{groups.Count:00000}.safetensors", tensors, SafetensorsWriter.FormatHeader(tensors, metadata))).ToArray();
        return new ShardPlan(shards, shards.Length == 1 ? null : FormatIndex(shards));
    }

    private static byte[] FormatIndex(IEnumerable<PlannedShard> shards)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", shards.Sum(s => s.Tensors.Sum(t => t.ByteLength)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach (var shard in shards)
                foreach (var tensor in shard.Tensors) json.WriteString(tensor.Name, shard.FileName);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>The index with another <c>metadata.total_size</c>, every other byte kept; as it is where it states none.</summary>
    private static byte[] WithTotalSize(byte[] index, long total)
    {
        var reader = new Utf8JsonReader(index);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (!isMetadata || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isTotal = reader.ValueTextEquals("total_size"u8);
                reader.Read();
                if (isTotal && reader.TokenType == JsonTokenType.Number)
                    return [.. index.AsSpan(0, (int)reader.TokenStartIndex), .. Encoding.UTF8.GetBytes($"{total}"), .. index.AsSpan((int)reader.TokenStartIndex + reader.ValueSpan.Length)];
                reader.Skip();
            }
        }
        return index;
    }
}
