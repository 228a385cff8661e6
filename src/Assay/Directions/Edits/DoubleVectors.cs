using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Assay.Directions.Edits;

/// <summary>Sums in float64 whose order, and so whose bits, are the same on every machine: an edit file makes the same checkpoint wherever it is applied.</summary>
internal static class DoubleVectors
{
    /// <summary>Σ xᵢyᵢ: eight chains of fused multiply-adds, then a fixed tree over them.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = Vector512<double>.Zero;
        var i = 0;
        for (; i <= x.Length - Vector512<double>.Count; i += Vector512<double>.Count) sum = Vector512.FusedMultiplyAdd(Vector512.Create(x[i..]), Vector512.Create(y[i..]), sum);
        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        sum.CopyTo(lanes);
        for (var lane = 0; i < x.Length; i++, lane++) lanes[lane] = Math.FusedMultiplyAdd(x[i], y[i], lanes[lane]);
        return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }

    /// <summary>y ← a·x + y, each element fused.</summary>
    public static void AddScaled(double a, ReadOnlySpan<double> x, Span<double> y) => TensorPrimitives.FusedMultiplyAdd(x, a, y, y);

    /// <summary>‖x‖.</summary>
    public static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(Dot(x, x));
}
