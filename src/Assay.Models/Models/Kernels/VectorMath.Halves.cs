using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>The same steps on half as many lanes. Where the processor has no 512-bit vectors, each operation on one is a method of several calls, and a
/// function of forty operations is more than the compiler inlines; of 256-bit vectors each is an instruction.</summary>
internal static partial class VectorMath
{
    /// <summary>eˣ of 8 floats, by the steps of <see cref="WideExp(Vector512{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Exp(Vector256<float> x)
    {
        // What becomes of NaN here does not matter: the last line puts it back.
        var clamped = Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(-87.3f)), Vector256.Create(88.7f));
        // Adding 1.5 × 2²³ rounds to the nearest integer, which then stands in the low bits.
        var magic = Vector256.Create(12582912f);
        var shifted = Vector256.FusedMultiplyAdd(clamped, Vector256.Create(1.44269504088896341f), magic);
        var n = shifted - magic;
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693145751953125f), clamped);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-1.42860682030941723212e-6f), r);
        var p = Vector256.Create(1f / 5040);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        // 2ⁿ in two factors: n = 128 has no exponent of its own.
        var whole = shifted.AsInt32() - magic.AsInt32();
        var half = whole >> 1;
        var first = ((half + Vector256.Create(127)) << 23).AsSingle();
        var second = ((whole - half + Vector256.Create(127)) << 23).AsSingle();
        var result = p * first * second;
        result = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-87.3f)), Vector256<float>.Zero, result);
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(88.7f)), Vector256.Create(float.PositiveInfinity), result);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, x);
    }

    /// <summary>eˣ of 4 doubles, by the steps of <see cref="WideExp(Vector512{double})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Exp(Vector256<double> x)
    {
        var clamped = Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(-708.0)), Vector256.Create(709.0));
        var magic = Vector256.Create(6755399441055744.0);
        var shifted = Vector256.FusedMultiplyAdd(clamped, Vector256.Create(1.4426950408889634), magic);
        var n = shifted - magic;
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693147180369123816490), clamped);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-1.90821492927058770002e-10), r);
        var p = Vector256.Create(1.0 / 6227020800);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 479001600));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 39916800));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 3628800));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 362880));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 40320));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 5040));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(.5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<double>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<double>.One);
        var whole = shifted.AsInt64() - magic.AsInt64();
        var half = whole >> 1;
        var first = ((half + Vector256.Create(1023L)) << 52).AsDouble();
        var second = ((whole - half + Vector256.Create(1023L)) << 52).AsDouble();
        var result = p * first * second;
        result = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-708.0)), Vector256<double>.Zero, result);
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(709.0)), Vector256.Create(double.PositiveInfinity), result);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, x);
    }

    /// <summary>ln x of 4 doubles, by the steps of <see cref="WideLog(Vector512{double})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Log(Vector256<double> x)
    {
        // x = 2ᵉ·m with m in [√½, √2); ln m = 2 artanh f, f = (m − 1) / (m + 1).
        var bits = x.AsInt64() - Vector256.Create(0x3FE6A09E667F3BCDL);
        var exponent = bits >> 52;
        var m = (x.AsInt64() - (exponent << 52)).AsDouble();
        var f = (m - Vector256<double>.One) / (m + Vector256<double>.One);
        var z = f * f;
        var p = Vector256.Create(1.0 / 23);
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 21));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 19));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 17));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 15));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 13));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 11));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 9));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 7));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 5));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(1.0 / 3));
        var log = Vector256.FusedMultiplyAdd(p * z, f, f) * Vector256.Create(2.0);
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToDouble(exponent), Vector256.Create(0.693147180559945309), log);
    }

    /// <summary>tanh x of 8 floats, by the steps of <see cref="WideTanh(Vector512{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Tanh(Vector256<float> x)
    {
        var one = Vector256<float>.One;
        var far = one - Vector256.Create(2f) / (Exp(x + x) + one);
        var z = x * x;
        var p = Vector256.Create(-929569f / 638512875f);
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(21844f / 6081075f));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(-1382f / 155925f));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(62f / 2835f));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(-17f / 315f));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(2f / 15f));
        p = Vector256.FusedMultiplyAdd(p, z, Vector256.Create(-1f / 3f));
        var near = Vector256.FusedMultiplyAdd(p * z, x, x);
        return Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(x), Vector256.Create(.45f)), near, far);
    }
}
