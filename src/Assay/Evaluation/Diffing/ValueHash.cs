using System.Collections.Immutable;
using Assay.Checkpoints;

namespace Assay.Evaluation.Diffing;

/// <summary>Hashes of values widened to float32, as sums over elements: they can be taken in any order, and a type that holds the same values gives the same
/// hash.</summary>
/// <remarks>Two different lists of n values have one hash with probability about 2⁻⁶⁴; whatever is told is read again and compared value for value.</remarks>
internal static class ValueHash
{
    private const int Block = 4096;

    /// <summary>The share of one value; a salt ties it to its place.</summary>
    public static ulong Of(float value, ulong salt)
    {
        // 0 and −0 are one value.
        var bits = value == 0 ? 0u : BitConverter.SingleToUInt32Bits(value);
        var hash = (bits + salt) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        return hash ^ hash >> 29;
    }

    /// <summary>A salt for a place.</summary>
    public static ulong Salt(long place) => ((ulong)place + 1) * 0xA24BAED4963EE407;

    /// <summary>A hash that is the same whatever the order of the elements.</summary>
    public static ulong OfAnyOrder(Tensor tensor, CancellationToken cancellation)
    {
        ulong sum = 0;
        var values = new float[Math.Min(Block, Math.Max(1, tensor.Count))];
        for (long at = 0; at < tensor.Count; at += Block)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = values.AsSpan(0, (int)Math.Min(Block, tensor.Count - at));
            tensor.Read(at, part);
            foreach (var value in part) sum += Of(value, 0);
        }

        return sum;
    }

    /// <summary>Whether two tensors have one shape and equal values, whatever their types; NaN equals NaN.</summary>
    public static bool SameValues(Tensor a, Tensor b, CancellationToken cancellation)
    {
        if (!a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())) return false;
        if (a.DType == b.DType && a.HoldsTheBytesOf(b)) return true;
        if (!a.DType.IsNumeric() || !b.DType.IsNumeric()) return false;
        var (x, y) = (new double[Block], new double[Block]);
        for (long at = 0; at < a.Count; at += Block)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(Block, a.Count - at);
            a.ReadDouble(at, x.AsSpan(0, count));
            b.ReadDouble(at, y.AsSpan(0, count));
            for (var i = 0; i < count; i++)
                if (x[i] != y[i] && !(double.IsNaN(x[i]) && double.IsNaN(y[i]))) return false;
        }

        return true;
    }

    /// <summary>Some of a tensor's values, the same places of every tensor of one shape.</summary>
    /// <param name="tensor">Numeric.</param>
    /// <param name="rows">Rows read at most, evenly spaced.</param>
    /// <param name="length">Neighbouring values read of a row at most.</param>
    public static float[] Sample(Tensor tensor, int rows, int length)
    {
        var columns = tensor.Shape.Length == 0 ? 1 : tensor.Shape[^1];
        if (tensor.Count == 0 || columns == 0) return [];
        var total = tensor.Count / columns;
        var (count, width) = ((int)Math.Min(rows, total), (int)Math.Min(length, columns));
        var sample = new float[count * width];
        for (var i = 0; i < count; i++)
        {
            var row = (2L * i + 1) * total / (2 * count);
            tensor.Read(row * columns + i * 977L % (columns - width + 1), sample.AsSpan(i * width, width));
        }

        return sample;
    }

    /// <summary>Whether all values of a list are one: what many tensors hold is evidence of nothing.</summary>
    public static bool IsConstant(ReadOnlySpan<float> values) => values.IsEmpty || !values.ContainsAnyExcept(values[0]);

    /// <summary>A key under which tensors of equal values are found, whatever their types.</summary>
    public static string Key(ImmutableArray<long> shape, ReadOnlySpan<float> sample)
    {
        ulong sum = 0;
        for (var i = 0; i < sample.Length; i++) sum += Of(sample[i], Salt(i));
        return $"[{string.Join(',', shape)}]{sum:x16}";
    }
}
