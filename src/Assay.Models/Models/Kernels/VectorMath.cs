using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Elementary functions on 16 floats or 8 doubles at a time. Each lane depends on its own argument only, and only on additions,
/// products and fused multiply-adds, so the result is the same on every machine.</summary>
/// <remarks>Argument reduction by Cody and Waite; polynomials are Taylor series long enough for the reduced range.</remarks>
internal static partial class VectorMath
{
    /// <summary>eˣ; relative error below 2e-7. Below −87.3 the result is 0, above 88.7 it is +∞; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) => Vector512.IsHardwareAccelerated ? WideExp(x)
        : Vector512.Create(Exp(x.GetLower()), Exp(x.GetUpper()));

    /// <summary>eˣ where the processor has 512-bit vectors; VectorMath.Halves.cs has the same steps on 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> WideExp(Vector512<float> x)
    {
        // What becomes of NaN here does not matter: the last line puts it back.
        var clamped = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-87.3f)), Vector512.Create(88.7f));
        // Adding 1.5 × 2²³ rounds to the nearest integer, which then stands in the low bits.
        var magic = Vector512.Create(12582912f);
        var shifted = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.44269504088896341f), magic);
        var n = shifted - magic;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145751953125f), clamped);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860682030941723212e-6f), r);
        var p = Vector512.Create(1f / 5040);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 720));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        // 2ⁿ in two factors: n = 128 has no exponent of its own.
        var whole = shifted.AsInt32() - magic.AsInt32();
        var half = whole >> 1;
        var first = ((half + Vector512.Create(127)) << 23).AsSingle();
        var second = ((whole - half + Vector512.Create(127)) << 23).AsSingle();
        var result = p * first * second;
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87.3f)), Vector512<float>.Zero, result);
        result = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(88.7f)), Vector512.Create(float.PositiveInfinity), result);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), result, x);
    }

    /// <summary>eˣ; relative error below 1e-15. Below −708 the result is 0, above 709 it is +∞; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp(Vector512<double> x) => Vector512.IsHardwareAccelerated ? WideExp(x)
        : Vector512.Create(Exp(x.GetLower()), Exp(x.GetUpper()));

    /// <summary>eˣ where the processor has 512-bit vectors; VectorMath.Halves.cs has the same steps on 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> WideExp(Vector512<double> x)
    {
        var clamped = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-708.0)), Vector512.Create(709.0));
        var magic = Vector512.Create(6755399441055744.0);
        var shifted = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.4426950408889634), magic);
        var n = shifted - magic;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693147180369123816490), clamped);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.90821492927058770002e-10), r);
        var p = Vector512.Create(1.0 / 6227020800);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 479001600));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 39916800));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 3628800));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 362880));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 40320));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 5040));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 720));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0 / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(.5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<double>.One);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<double>.One);
        var whole = shifted.AsInt64() - magic.AsInt64();
        var half = whole >> 1;
        var first = ((half + Vector512.Create(1023L)) << 52).AsDouble();
        var second = ((whole - half + Vector512.Create(1023L)) << 52).AsDouble();
        var result = p * first * second;
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-708.0)), Vector512<double>.Zero, result);
        result = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(709.0)), Vector512.Create(double.PositiveInfinity), result);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), result, x);
    }

    /// <summary>ln x for positive normal x; absolute error below 3e-16 near 1, relative error below 1e-15 elsewhere. Other arguments give no meaningful result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log(Vector512<double> x) => Vector512.IsHardwareAccelerated ? WideLog(x)
        : Vector512.Create(Log(x.GetLower()), Log(x.GetUpper()));

    /// <summary>ln x where the processor has 512-bit vectors; VectorMath.Halves.cs has the same steps on 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> WideLog(Vector512<double> x)
    {
        // x = 2ᵉ·m with m in [√½, √2); ln m = 2 artanh f, f = (m − 1) / (m + 1).
        var bits = x.AsInt64() - Vector512.Create(0x3FE6A09E667F3BCDL);
        var exponent = bits >> 52;
        var m = (x.AsInt64() - (exponent << 52)).AsDouble();
        var f = (m - Vector512<double>.One) / (m + Vector512<double>.One);
        var z = f * f;
        var p = Vector512.Create(1.0 / 23);
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 21));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 19));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 17));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 15));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 13));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 11));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 9));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 7));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 5));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(1.0 / 3));
        var log = Vector512.FusedMultiplyAdd(p * z, f, f) * Vector512.Create(2.0);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToDouble(exponent), Vector512.Create(0.693147180559945309), log);
    }

    /// <summary>eˣ of one number, by the same steps. <see cref="Math.Exp"/> is the C library's, whose last bit depends on its version and on the
    /// processor.</summary>
    public static double Exp(double x) => Exp(Vector512.Create(x))[0];

    /// <summary>eˣ of one number, by the steps of sixteen.</summary>
    public static float Exp(float x) => Exp(Vector512.Create(x))[0];

    /// <summary>ln x of one number. Only 0, negative and subnormal numbers, infinities and NaN go to <see cref="Math.Log(double)"/>.</summary>
    public static double Log(double x) => double.IsNormal(x) && x > 0 ? Log(Vector512.Create(x))[0] : Math.Log(x);

    /// <summary>1 / (1 + e⁻ˣ); absolute error below 2e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Exp(-x));

    /// <summary>tanh x; relative error below 4e-7: an odd Taylor polynomial near 0, exponentials beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x) => Vector512.IsHardwareAccelerated ? WideTanh(x)
        : Vector512.Create(Tanh(x.GetLower()), Tanh(x.GetUpper()));

    /// <summary>tanh x where the processor has 512-bit vectors; VectorMath.Halves.cs has the same steps on 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> WideTanh(Vector512<float> x)
    {
        var one = Vector512<float>.One;
        var far = one - Vector512.Create(2f) / (WideExp(x + x) + one);
        var z = x * x;
        var p = Vector512.Create(-929569f / 638512875f);
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(21844f / 6081075f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(-1382f / 155925f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(62f / 2835f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(-17f / 315f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(2f / 15f));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(-1f / 3f));
        var near = Vector512.FusedMultiplyAdd(p * z, x, x);
        return Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(x), Vector512.Create(.45f)), near, far);
    }

    /// <summary>Sum of 16 lanes as a fixed tree: halves are added until one is left.</summary>
    public static float TreeSum(Vector512<float> lanes)
    {
        var eight = lanes.GetLower() + lanes.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        return four[0] + four[2] + (four[1] + four[3]);
    }

    /// <summary>Sum of 8 lanes as a fixed tree.</summary>
    public static double TreeSum(Vector512<double> lanes)
    {
        var four = lanes.GetLower() + lanes.GetUpper();
        return four[0] + four[2] + (four[1] + four[3]);
    }

    /// <summary>erf x to double precision: Maclaurin series for |x| ≤ 2.5, continued fraction of erfc beyond (Abramowitz and Stegun 7.1.6 and 7.1.14).</summary>
    public static double Erf(double x)
    {
        var a = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        if (a > 6) return Math.Sign(x);
        if (a <= 2.5)
        {
            double term = a, sum = a;
            for (var n = 1; term > sum * 1e-17; n++)
            {
                term *= 2 * a * a / (2 * n + 1);
                sum += term;
            }

            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * Exp(-a * a) * sum;
        }

        var fraction = 0.0;
        for (var n = 60; n > 0; n--) fraction = n / 2.0 / (a + fraction);
        return Math.Sign(x) * (1 - Exp(-a * a) / Math.Sqrt(Math.PI) / (a + fraction));
    }
}
