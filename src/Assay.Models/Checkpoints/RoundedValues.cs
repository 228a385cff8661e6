using System.Runtime.InteropServices;

namespace Assay.Checkpoints;

/// <summary>Another tensor's values rounded to nearest even in a narrower type; its bytes are that type's.</summary>
internal sealed class RoundedValues : TensorSource
{
    private readonly Tensor inner;
    private readonly DType dtype;

    /// <param name="inner">What is rounded.</param>
    /// <param name="dtype">F16 or BF16.</param>
    public RoundedValues(Tensor inner, DType dtype)
    {
        if (dtype is not (DType.F16 or DType.BF16)) throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "F16 or BF16 is expected.");
        (this.inner, this.dtype) = (inner, dtype);
    }

    public override void Read(long start, Span<float> destination)
    {
        inner.Read(start, destination);
        foreach (ref var value in destination) value = dtype == DType.F16 ? (float)(Half)value : BitConverter.UInt32BitsToSingle((uint)BFloat16(value) << 16);
    }

    public override void ReadBytes(long offset, Span<byte> destination)
    {
        Span<float> values = stackalloc float[256];
        Span<ushort> stored = stackalloc ushort[256];
        // A first half of an element, whole elements, a second half: whoever cuts bytes may ask for any of them.
        while (!destination.IsEmpty)
        {
            var (start, inside) = (offset / 2, (int)(offset % 2));
            var part = values[..(int)Math.Min(values.Length, (inside + (long)destination.Length + 1) / 2)];
            inner.Read(start, part);
            for (var i = 0; i < part.Length; i++) stored[i] = dtype == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)part[i]) : BFloat16(part[i]);
            var bytes = MemoryMarshal.AsBytes(stored[..part.Length])[inside..];
            bytes = bytes[..Math.Min(bytes.Length, destination.Length)];
            bytes.CopyTo(destination);
            offset += bytes.Length;
            destination = destination[bytes.Length..];
        }
    }

    public override void RequireOpen() => inner.RequireOpen();

    /// <summary>The upper half of a float32, rounded to nearest even; NaN stays NaN.</summary>
    private static ushort BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
