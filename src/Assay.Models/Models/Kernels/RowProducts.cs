using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Products of single rows whose bits are the same on every machine.</summary>
/// <remarks>TensorPrimitives is not used here: the order of its sums follows the vector width of the processor.</remarks>
internal static class RowProducts
{
    private const int Lanes = 16;

    /// <summary>Σ xᵢyᵢ in float64 over 16 virtual lanes and a fixed tree.</summary>
    /// <param name="x">(width,).</param>
    /// <param name="y">(width,).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length);
        Vector512<double> low = default, high = default;
        var i = 0;
        for (; i + Lanes <= x.Length; i += Lanes)
        {
            var (a, b) = Vector512.Widen(Vector512.Create(x[i..]));
            var (c, d) = Vector512.Widen(Vector512.Create(y[i..]));
            low += a * c; // Exact: a product of two floats fits a double.
            high += b * d;
        }

        var tail = 0.0;
        for (; i < x.Length; i++) tail += (double)x[i] * y[i];
        return VectorMath.TreeSum(low + high) + tail;
    }

    /// <summary>y ← y − Σ pₖxₖ + c in float64, k in order, each element rounded once.</summary>
    /// <param name="parts">p, (k).</param>
    /// <param name="x">(k, width).</param>
    /// <param name="offset">c, (width); empty for none.</param>
    /// <param name="y">(width,), changed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(ReadOnlySpan<double> parts, ReadOnlySpan<float> x, ReadOnlySpan<float> offset, Span<float> y)
    {
        var width = y.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, parts.Length * width);
        var i = 0;
        for (; i + Lanes <= width; i += Lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.Create<float>(y[i..]));
            for (var k = 0; k < parts.Length; k++)
            {
                var (a, b) = Vector512.Widen(Vector512.Create(x[(k * width + i)..]));
                var factor = Vector512.Create(-parts[k]);
                low = Vector512.FusedMultiplyAdd(factor, a, low);
                high = Vector512.FusedMultiplyAdd(factor, b, high);
            }

            if (!offset.IsEmpty)
            {
                var (a, b) = Vector512.Widen(Vector512.Create(offset[i..]));
                low += a;
                high += b;
            }

            Vector512.Narrow(low, high).CopyTo(y[i..]);
        }

        for (; i < width; i++)
        {
            double value = y[i];
            for (var k = 0; k < parts.Length; k++) value = Math.FusedMultiplyAdd(-parts[k], x[k * width + i], value);
            y[i] = (float)(offset.IsEmpty ? value : value + offset[i]);
        }
    }
}
