using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>RMSNorm and LayerNorm of rows. Moments accumulate in float64 over 16 virtual lanes and a fixed tree.</summary>
internal static unsafe class Normalisation
{
    /// <summary>y = norm(x) for one row; x and y may be the same.</summary>
    /// <param name="kind">Which normalisation.</param>
    /// <param name="x">(width,).</param>
    /// <param name="y">(width,).</param>
    /// <param name="width">Entries.</param>
    /// <param name="gain">(width,), as stored.</param>
    /// <param name="bias">(width,), or null.</param>
    /// <param name="epsilon">Added under the root.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(NormKind kind, float* x, float* y, int width, float* gain, float* bias, float epsilon)
    {
        var mean = kind == NormKind.Layer ? Sum(x, width) / width : 0;
        var scale = 1 / Math.Sqrt(SumOfSquares(x, width, mean) / width + epsilon);
        var shift = (float)mean;
        var factor = (float)scale;
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            var g = Vector512.Load(gain + i);
            if (kind == NormKind.RmsPlusOne) g += Vector512<float>.One;
            var value = (Vector512.Load(x + i) - Vector512.Create(shift)) * Vector512.Create(factor) * g;
            if (bias is not null) value += Vector512.Load(bias + i);
            value.Store(y + i);
        }

        for (; i < width; i++)
        {
            var g = kind == NormKind.RmsPlusOne ? 1 + gain[i] : gain[i];
            var value = (x[i] - shift) * factor * g;
            y[i] = bias is null ? value : value + bias[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* x, int width)
    {
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Load(x + i));
            low += a;
            high += b;
        }

        var tail = 0.0;
        for (; i < width; i++) tail += x[i];
        return VectorMath.TreeSum(low + high) + tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfSquares(float* x, int width, double mean)
    {
        var m = Vector512.Create(mean);
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Load(x + i));
            a -= m;
            b -= m;
            low = Vector512.FusedMultiplyAdd(a, a, low);
            high = Vector512.FusedMultiplyAdd(b, b, high);
        }

        var tail = 0.0;
        for (; i < width; i++) tail += (x[i] - mean) * (x[i] - mean);
        return VectorMath.TreeSum(low + high) + tail;
    }
}
