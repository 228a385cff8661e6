using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Checkpoints;

/// <summary>SHA-256 of one tensor's shape and values: the same whatever type and file hold them, and whatever the tensor is called.</summary>
/// <remarks>The values are cut into blocks of 2¹⁸. Of each block SHA-256 is taken over its values and one byte: float32 in little endian and 4; where no value
/// has a bit in its lower half, the upper halves and 2. Every type of floats and every block type is widened first; −0 counts as 0 and every NaN as 0x7FC00000.
/// Integers and types that are carried only enter as they are stored, behind their type's name, and 1. The hash of the tensor is SHA-256 over rank, sizes (64
/// bits each, little endian) and the hashes of the blocks in order.</remarks>
public static class TensorHash
{
    /// <summary>The hash in lower-case hexadecimal.</summary>
    /// <param name="tensor">Read once, in blocks.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    public static string Compute(Tensor tensor, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Convert.ToHexStringLower(Compute([tensor], 1, null, cancellation)[0].Hash);
    }

    /// <summary>Hashes tensors block by block.</summary>
    /// <param name="tensors">Each is read once.</param>
    /// <param name="threads">Threads that read and hash; the result does not depend on it.</param>
    /// <param name="hashed">Given the stored bytes of each finished block, on any thread; null for nobody.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    /// <returns>Hash of each, and whether all of its values are 0.</returns>
    internal static (byte[] Hash, bool IsZero)[] Compute(IReadOnlyList<Tensor> tensors, int threads, Action<long>? hashed, CancellationToken cancellation)
    {
        var first = new long[tensors.Count + 1];
        for (var i = 0; i < tensors.Count; i++) first[i + 1] = first[i] + (tensors[i].Count + CanonicalValues.BlockLength - 1) / CanonicalValues.BlockLength;
        var hashes = new byte[tensors.Count][];
        for (var i = 0; i < tensors.Count; i++) hashes[i] = new byte[checked((int)(first[i + 1] - first[i]) * SHA256.HashSizeInBytes)];
        var nonZero = new bool[tensors.Count];
        // A few blocks at a time: neighbours in the file are read by one thread.
        var ranges = Partitioner.Create(0, Math.Max(1, first[^1]), Math.Clamp(first[^1] / (8L * threads), 1, 16));
        try
        {
            Parallel.ForEach(ranges, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
                range => Blocks(range.Item1, Math.Min(range.Item2, first[^1])));
        }
        catch (AggregateException several) when (several.InnerExceptions.All(e => e is InvalidInputException))
        {
            // Threads may find one damage each; one tells it.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return [.. tensors.Select((tensor, i) => (Combine(tensor, hashes[i]), !nonZero[i]))];

        void Blocks(long from, long end)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(CanonicalValues.BufferLength);
            try
            {
                var i = Array.BinarySearch(first, from);
                if (i < 0) i = ~i - 1;
                for (var block = from; block < end; block++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    while (block >= first[i + 1]) i++;
                    var start = (block - first[i]) * CanonicalValues.BlockLength;
                    var length = Write(tensors[i], start, buffer, out var count, out var isZero);
                    SHA256.HashData(buffer.AsSpan(0, length), hashes[i].AsSpan((int)(block - first[i]) * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
                    if (!isZero) nonZero[i] = true;
                    hashed?.Invoke((tensors[i].ByteLength * count + tensors[i].Count - 1) / tensors[i].Count);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
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

    /// <summary>Whether it enters as float32.</summary>
    private static bool IsFloat(DType dtype) => dtype is DType.F32 or DType.BF16 or DType.F16 or DType.F64 || dtype.IsBlock();

    private static int Write(Tensor tensor, long start, byte[] buffer, out int count, out bool isZero)
    {
        count = (int)Math.Min(CanonicalValues.BlockLength, tensor.Count - start);
        if (IsFloat(tensor.DType)) return CanonicalValues.Write(tensor, start, count, buffer, out isZero);
        isZero = false;
        // Elements of up to 8 bytes do not fit the buffer: their hash stands for them. No forward pass reads such tensors.
        var (from, to) = (tensor.DType.ByteLength(start)!.Value, tensor.DType.ByteLength(start + count) ?? tensor.ByteLength);
        var bytes = new byte[to - from];
        tensor.ReadBytes(from, bytes);
        SHA256.HashData(bytes, buffer);
        buffer[SHA256.HashSizeInBytes] = CanonicalValues.Bytes;
        return SHA256.HashSizeInBytes + 1;
    }

    private static byte[] Combine(Tensor tensor, byte[] blocks)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (!IsFloat(tensor.DType)) Append(hash, tensor.DType.FormatName());
        Append(hash, tensor.Shape.Length);
        foreach (var size in tensor.Shape) Append(hash, size);
        hash.AppendData(blocks);
        return hash.GetHashAndReset();
    }
}
