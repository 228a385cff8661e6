using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Rounds float32 to the nearest bf16, ties to even, and leaves it as float32.</summary>
internal static unsafe class BFloat16Rounding
{
    /// <summary>Rounds in place; NaN stays NaN, what exceeds the largest bf16 by half a step or more becomes infinite.</summary>
    public static void Round(float* values, long count)
    {
        long i = 0;
        for (; i <= count - Vector512<uint>.Count; i += Vector512<uint>.Count)
        {
            var bits = Vector512.Load((uint*)values + i);
            var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) & Vector512.Create(0xFFFF0000u);
            var quiet = (bits | Vector512.Create(0x400000u)) & Vector512.Create(0xFFFF0000u);
            var isNumber = Vector512.Equals(bits.AsSingle(), bits.AsSingle()).AsUInt32();
            Vector512.ConditionalSelect(isNumber, rounded, quiet).Store((uint*)values + i);
        }

        for (; i < count; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[i]);
            bits = float.IsNaN(values[i]) ? bits | 0x400000u : bits + 0x7FFF + ((bits >> 16) & 1);
            values[i] = BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000u);
        }
    }
}
