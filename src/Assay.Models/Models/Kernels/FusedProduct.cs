using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Assay.Models.Kernels;

/// <summary>x·y + z of floats, rounded once, on processors with and without an instruction for it.</summary>
/// <remarks>Without the instruction the runtime would call the C library for each element. Here the product is exact in float64, the sum is rounded to odd
/// (Boldo and Melquiond 2008, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd"), and rounding that once more to float32
/// gives the correctly rounded result.</remarks>
internal static class FusedProduct
{
    /// <summary>x·y + z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> x, Vector128<float> y, Vector128<float> z) =>
        Fma.IsSupported || AdvSimd.IsSupported ? Vector128.FusedMultiplyAdd(x, y, z) : Emulated(x, y, z);

    /// <summary>The same without the instruction.</summary>
    internal static Vector128<float> Emulated(Vector128<float> x, Vector128<float> y, Vector128<float> z)
    {
        var (x0, x1) = Vector128.Widen(x);
        var (y0, y1) = Vector128.Widen(y);
        var (z0, z1) = Vector128.Widen(z);
        return Vector128.Narrow(ToOdd(x0 * y0, z0), ToOdd(x1 * y1, z1));
    }

    /// <summary>a + b: where it is not exact, that one of the two neighbouring numbers whose last bit is 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ToOdd(Vector128<double> a, Vector128<double> b)
    {
        // Knuth's two-sum: a + b = sum + error exactly.
        var sum = a + b;
        var other = sum - a;
        var error = (a - (sum - other)) + (b - other);
        var bits = sum.AsInt64();
        // Not exact and even: one step towards the error. Of infinities and NaN the error is NaN, and they stay.
        var inexact = Vector128.GreaterThan(error, Vector128<double>.Zero) | Vector128.LessThan(error, Vector128<double>.Zero);
        var even = Vector128.Equals(bits & Vector128<long>.One, Vector128<long>.Zero);
        // Away from zero where error and sum have one sign: the bits of a number count its size.
        var outwards = Vector128.GreaterThanOrEqual(error.AsInt64() ^ bits, Vector128<long>.Zero);
        var step = Vector128.ConditionalSelect(outwards, Vector128<long>.One, Vector128.Create(-1L));
        return (bits + (step & inexact.AsInt64() & even)).AsDouble();
    }
}
