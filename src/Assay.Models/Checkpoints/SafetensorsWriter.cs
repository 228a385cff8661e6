using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Checkpoints;

/// <summary>Writes a safetensors file: tensors in the order given, data in blocks, so that no tensor need fit into memory.</summary>
public static class SafetensorsWriter
{
    private const int BlockLength = 1 << 20;

    /// <summary>Writes a new file. A failure or cancellation leaves nothing behind.</summary>
    /// <param name="path">The new file; an existing one is refused.</param>
    /// <param name="tensors">In the order in which they are to lie in the file.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null for none.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    /// <exception cref="InvalidInputException">The target exists or cannot be written (disk full, no permission).</exception>
    /// <exception cref="ArgumentException">A name is there twice or reserved, or the header would be too long.</exception>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var list = tensors.ToList();
        var header = FormatHeader(list, metadata);
        AtomicFile.Write(path, stream => WriteTo(stream, header, list, null, cancellation));
    }

    /// <summary>The header of these tensors, padded with spaces so that the data starts at a multiple of 8, without its length.</summary>
    internal static byte[] FormatHeader(IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = false }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long position = 0;
            foreach (var tensor in tensors)
            {
                if (tensor.Name == "__metadata__" || !names.Add(tensor.Name)) throw new ArgumentException($"Tensor '{tensor.Name}' is there twice, or its name is reserved.", nameof(tensors));
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.DType.FormatName());
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(position = checked(position + tensor.ByteLength));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        var padded = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(padded);
        return padded.Length <= SafetensorsHeader.MaxLength ? padded
            : throw new ArgumentException($"The header takes {padded.Length} bytes; the format allows {SafetensorsHeader.MaxLength}.", nameof(tensors));
    }

    /// <summary>Writes header and data in blocks to a new file. Progress is in bytes of this file.</summary>
    /// <remarks>Blocks of zeros are skipped over, so that a sparse file stays sparse where the file system has holes.</remarks>
    internal static void WriteTo(Stream stream, ReadOnlySpan<byte> header, IReadOnlyList<TensorToWrite> tensors, Action<long>? written, CancellationToken cancellation)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        var block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            foreach (var tensor in tensors)
            {
                for (long offset = 0; offset < tensor.ByteLength; offset += BlockLength)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var part = block.AsSpan(0, (int)Math.Min(BlockLength, tensor.ByteLength - offset));
                    tensor.Read(offset, part);
                    if (part.ContainsAnyExcept((byte)0)) stream.Write(part);
                    else stream.Seek(part.Length, SeekOrigin.Current);
                    written?.Invoke(part.Length);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
        stream.SetLength(stream.Position);
    }
}
