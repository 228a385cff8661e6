using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Checkpoints;

/// <summary>SHA-256 of one tensor: its name, dtype, shape and bytes.</summary>
/// <remarks>Hashed are, in this order: the name and the dtype's name, each as UTF-8 behind its length; the rank; each size; the number
/// of bytes; the bytes. Lengths and sizes are 64-bit little endian, so no two tensors give the same sequence.</remarks>
public static class TensorHash
{
    private const int BlockLength = 1 << 20;

    /// <summary>The hash in lower-case hexadecimal.</summary>
    /// <param name="tensor">Read once, in blocks.</param>
    /// <param name="name">The name to hash; null for the tensor's own.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    public static string Compute(Tensor tensor, string? name = null, CancellationToken cancellation = default) =>
        Convert.ToHexStringLower(Compute(tensor, name, null, cancellation));

    internal static byte[] Compute(Tensor tensor, string? name, Action<long>? hashed, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, name ?? tensor.Name);
        Append(hash, tensor.DType.FormatName());
        Append(hash, tensor.Shape.Length);
        foreach (var size in tensor.Shape) Append(hash, size);
        Append(hash, tensor.ByteLength);
        var block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            for (long offset = 0; offset < tensor.ByteLength; offset += BlockLength)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = block.AsSpan(0, (int)Math.Min(BlockLength, tensor.ByteLength - offset));
                tensor.ReadBytes(offset, part);
                hash.AppendData(part);
                hashed?.Invoke(part.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
        return hash.GetHashAndReset();
    }

    internal static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    internal static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
