using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Panels of IEEE half precision.</summary>
internal readonly unsafe struct Float16Panel : IPanel
{
    public static int Step => 64;

    /// <summary>Writes a panel, (depth, 32), as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(byte* panel, int depth, float* to)
    {
        for (var k = 0; k < depth; k++, panel += Step, to += ProductTiles.Columns)
        {
            Load(panel, out Vector512<float> low, out Vector512<float> high);
            low.Store(to);
            high.Store(to + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, out Vector512<float> low, out Vector512<float> high)
    {
        var pairs = Vector512.Load((uint*)step);
        low = Widen(pairs << 16);
        high = Widen(pairs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector256<float> low, out Vector256<float> high)
    {
        var pairs = Vector256.Load((uint*)step + part * 8);
        low = Widen(pairs << 16);
        high = Widen(pairs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector128<float> low, out Vector128<float> high)
    {
        var pairs = Vector128.Load((uint*)step + part * 4);
        low = Widen(pairs << 16);
        high = Widen(pairs);
    }

    /// <summary>The half in the upper 16 bits of each lane as a float32, exactly; subnormals, infinities and NaN included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector512<uint> lanes)
    {
        // Exponent and fraction move to where a float32 has them; the bias then differs by 112.
        var magnitude = (lanes >>> 3) & Vector512.Create(0x0FFFE000u);
        var special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x0F800000u));
        var normal = magnitude + Vector512.Create(0x38000000u) + (special & Vector512.Create(0x38000000u));
        // A subnormal is given an exponent, and what that adds is taken away again.
        var subnormal = ((magnitude + Vector512.Create(0x38800000u)).AsSingle() - Vector512.Create(0x38800000u).AsSingle()).AsUInt32();
        var result = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0x00800000u)), subnormal, normal);
        return (result | (lanes & Vector512.Create(0x80000000u))).AsSingle();
    }

    /// <summary>The half in the upper 16 bits of each lane as a float32, exactly; subnormals, infinities and NaN included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(Vector256<uint> lanes)
    {
        // Exponent and fraction move to where a float32 has them; the bias then differs by 112.
        var magnitude = (lanes >>> 3) & Vector256.Create(0x0FFFE000u);
        var special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x0F800000u));
        var normal = magnitude + Vector256.Create(0x38000000u) + (special & Vector256.Create(0x38000000u));
        // A subnormal is given an exponent, and what that adds is taken away again.
        var subnormal = ((magnitude + Vector256.Create(0x38800000u)).AsSingle() - Vector256.Create(0x38800000u).AsSingle()).AsUInt32();
        var result = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(0x00800000u)), subnormal, normal);
        return (result | (lanes & Vector256.Create(0x80000000u))).AsSingle();
    }

    /// <summary>The half in the upper 16 bits of each lane as a float32, exactly; subnormals, infinities and NaN included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Widen(Vector128<uint> lanes)
    {
        // Exponent and fraction move to where a float32 has them; the bias then differs by 112.
        var magnitude = (lanes >>> 3) & Vector128.Create(0x0FFFE000u);
        var special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(0x0F800000u));
        var normal = magnitude + Vector128.Create(0x38000000u) + (special & Vector128.Create(0x38000000u));
        // A subnormal is given an exponent, and what that adds is taken away again.
        var subnormal = ((magnitude + Vector128.Create(0x38800000u)).AsSingle() - Vector128.Create(0x38800000u).AsSingle()).AsUInt32();
        var result = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(0x00800000u)), subnormal, normal);
        return (result | (lanes & Vector128.Create(0x80000000u))).AsSingle();
    }
}
