using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Products of single rows whose bits are the same on every machine.</summary>
/// <remarks>TensorPrimitives is not used here: the order of its sums follows the vector width of the processor.</remarks>
internal static class RowProducts
{
    private const int Lanes = 16;

    /// <summary>Σ xᵢyᵢ in float64 over 16 virtual lanes and a fixed tree, rounded once.</summary>
    /// <param name="x">(width,).</param>
    /// <param name="y">(width,).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
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
        return (float)(VectorMath.TreeSum(low + high) + tail);
    }

    /// <summary>y ← a·x + y, each element rounded once.</summary>
    /// <param name="a">Factor.</param>
    /// <param name="x">(width,).</param>
    /// <param name="y">(width,), changed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float a, ReadOnlySpan<float> x, Span<float> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length);
        var factor = Vector512.Create(a);
        var i = 0;
        for (; i + Lanes <= x.Length; i += Lanes) Vector512.FusedMultiplyAdd(factor, Vector512.Create(x[i..]), Vector512.Create<float>(y[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++) y[i] = MathF.FusedMultiplyAdd(a, x[i], y[i]);
    }
}
