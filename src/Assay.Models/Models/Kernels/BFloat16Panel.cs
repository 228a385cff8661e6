using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Panels of bfloat16: a float32 is its upper half.</summary>
internal readonly unsafe struct BFloat16Panel : IPanel
{
    public static int Step => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, out Vector512<float> low, out Vector512<float> high)
    {
        var pairs = Vector512.Load((uint*)step);
        low = (pairs << 16).AsSingle();
        high = (pairs & Vector512.Create(0xFFFF0000u)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector256<float> low, out Vector256<float> high)
    {
        var pairs = Vector256.Load((uint*)step + part * 8);
        low = (pairs << 16).AsSingle();
        high = (pairs & Vector256.Create(0xFFFF0000u)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector128<float> low, out Vector128<float> high)
    {
        var pairs = Vector128.Load((uint*)step + part * 4);
        low = (pairs << 16).AsSingle();
        high = (pairs & Vector128.Create(0xFFFF0000u)).AsSingle();
    }
}
