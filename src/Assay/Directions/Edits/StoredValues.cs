using System.Runtime.InteropServices;
using Assay.Checkpoints;

namespace Assay.Directions.Edits;

/// <summary>Rounds float64 to what a file stores, once, to nearest even.</summary>
internal static class StoredValues
{
    /// <summary>Whether values of this type can be written.</summary>
    public static bool CanStore(DType dtype) => dtype is DType.F64 or DType.F32 or DType.F16 or DType.BF16;

    /// <summary>Largest ‖stored − promised‖ / ‖stored‖ that rounding explains.</summary>
    public static double Tolerance(DType dtype) => dtype switch
    {
        DType.BF16 => Math.ScaleB(1, -8),
        DType.F16 => Math.ScaleB(1, -11),
        DType.F32 => Math.ScaleB(1, -23),
        _ => Math.ScaleB(1, -50),
    };

    /// <summary>What rounding near 0 may add to each element: half of the smallest number that the type holds.</summary>
    public static double Smallest(DType dtype) => dtype == DType.F16 ? Math.ScaleB(1, -25) : 0;

    /// <summary>Rounds and stores, little endian.</summary>
    public static void Write(DType dtype, ReadOnlySpan<double> values, Span<byte> bytes)
    {
        switch (dtype)
        {
            case DType.F64:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case DType.F32:
                var singles = MemoryMarshal.Cast<byte, float>(bytes);
                for (var i = 0; i < values.Length; i++) singles[i] = (float)values[i];
                break;
            case DType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (var i = 0; i < values.Length; i++) halves[i] = (Half)RoundToOdd(values[i]);
                break;
            case DType.BF16:
                var words = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var i = 0; i < values.Length; i++) words[i] = BFloat16(RoundToOdd(values[i]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype));
        }
    }

    /// <summary>The nearest float towards zero, its last bit set where something was cut off: rounding it again to fewer bits rounds once.</summary>
    private static float RoundToOdd(double value)
    {
        var near = (float)value;
        if (near == value || !double.IsFinite(value)) return near;
        var bits = BitConverter.SingleToUInt32Bits(near);
        if (Math.Abs((double)near) > Math.Abs(value)) bits--;
        return BitConverter.UInt32BitsToSingle(bits | 1);
    }

    private static ushort BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
