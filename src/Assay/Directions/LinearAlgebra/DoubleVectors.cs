using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Assay.Directions.LinearAlgebra;

/// <summary>Sums in float64 whose order, and so whose bits, are the same on every machine: the same activations give the same direction, and an edit file the
/// same checkpoint.</summary>
/// <remarks>TensorPrimitives' sums follow the vector width of the processor; of its functions only those that treat each element by itself are used.</remarks>
internal static class DoubleVectors
{
    /// <summary>Σ xᵢyᵢ: eight chains of fused multiply-adds, then a fixed tree over them.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = Vector512<double>.Zero;
        var i = 0;
        for (; i <= x.Length - Vector512<double>.Count; i += Vector512<double>.Count) sum =
            Vector512.FusedMultiplyAdd(Vector512.Create(x[i..]), Vector512.Create(y[i..]), sum);
        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        sum.CopyTo(lanes);
        for (var lane = 0; i < x.Length; i++, lane++) lanes[lane] = Math.FusedMultiplyAdd(x[i], y[i], lanes[lane]);
        return Tree(lanes);
    }

    /// <summary>y ← a·x + y, each element fused.</summary>
    public static void AddScaled(double a, ReadOnlySpan<double> x, Span<double> y) => TensorPrimitives.FusedMultiplyAdd(x, a, y, y);

    /// <summary>‖x‖.</summary>
    public static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(Dot(x, x));

    /// <summary>‖x − y‖.</summary>
    public static double Distance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = Vector512<double>.Zero;
        var i = 0;
        for (; i <= x.Length - Vector512<double>.Count; i += Vector512<double>.Count)
        {
            var difference = Vector512.Create(x[i..]) - Vector512.Create(y[i..]);
            sum = Vector512.FusedMultiplyAdd(difference, difference, sum);
        }

        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        sum.CopyTo(lanes);
        for (var lane = 0; i < x.Length; i++, lane++) lanes[lane] = Math.FusedMultiplyAdd(x[i] - y[i], x[i] - y[i], lanes[lane]);
        return Math.Sqrt(Tree(lanes));
    }

    /// <summary>Σ xᵢ.</summary>
    public static double Sum(ReadOnlySpan<double> x)
    {
        var sum = Vector512<double>.Zero;
        var i = 0;
        for (; i <= x.Length - Vector512<double>.Count; i += Vector512<double>.Count) sum += Vector512.Create(x[i..]);
        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        sum.CopyTo(lanes);
        for (var lane = 0; i < x.Length; i++, lane++) lanes[lane] += x[i];
        return Tree(lanes);
    }

    /// <summary>The cosine of the angle between x and y; NaN where one of them is 0.</summary>
    public static double Cosine(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Dot(x, y) / (Norm(x) * Norm(y));

    private static double Tree(ReadOnlySpan<double> lanes) => ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}
