using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Panels of float32.</summary>
internal readonly unsafe struct Float32Panel : IPanel
{
    public static int Step => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, out Vector512<float> low, out Vector512<float> high)
    {
        low = Vector512.Load((float*)step);
        high = Vector512.Load((float*)step + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector256<float> low, out Vector256<float> high)
    {
        low = Vector256.Load((float*)step + part * 8);
        high = Vector256.Load((float*)step + part * 8 + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* step, int part, out Vector128<float> low, out Vector128<float> high)
    {
        low = Vector128.Load((float*)step + part * 4);
        high = Vector128.Load((float*)step + part * 4 + 16);
    }
}
