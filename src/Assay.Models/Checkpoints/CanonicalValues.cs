using System.Numerics;
using System.Runtime.InteropServices;

namespace Assay.Checkpoints;

/// <summary>Values as the weights hash reads them: float32, whatever they are stored in, in one spelling of each value.</summary>
/// <remarks>−0 counts as 0, since no result of a forward pass tells them apart, and every NaN as 0x7FC00000. A block of which every lower half is 0, as of all
/// that was BF16 once, is hashed by its upper halves: the same values give the same bytes whatever type holds them, and a BF16 checkpoint needs no more bytes
/// hashed than it has.</remarks>
internal static class CanonicalValues
{
    /// <summary>Values of a block. Blocks are hashed by themselves, so that one large tensor keeps all threads busy.</summary>
    public const int BlockLength = 1 << 18;

    /// <summary>Behind upper halves.</summary>
    public const byte Halves = 2;

    /// <summary>Behind whole float32 values.</summary>
    public const byte Singles = 4;

    /// <summary>Behind bytes of a type that is carried only, or of integers.</summary>
    public const byte Bytes = 1;

    /// <summary>Bytes that a buffer for <see cref="Write"/> needs.</summary>
    public const int BufferLength = BlockLength * 4 + 1;

    /// <summary>Writes a block: the values in little endian, then a byte that says what they are.</summary>
    /// <param name="tensor">Of numbers; whatever is no float is written as it is stored.</param>
    /// <param name="start">First element.</param>
    /// <param name="count">Elements, at most <see cref="BlockLength"/>.</param>
    /// <param name="buffer">At least <see cref="BufferLength"/> bytes.</param>
    /// <param name="isZero">Whether all values are 0.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Tensor tensor, long start, int count, Span<byte> buffer, out bool isZero)
    {
        if (tensor.DType == DType.BF16)
        {
            var halves = buffer[..(count * 2)];
            tensor.ReadBytes(start * 2, halves);
            isZero = UnifyHalves(MemoryMarshal.Cast<byte, ushort>(halves));
            return End(buffer, halves.Length, Halves);
        }
        var singles = buffer[..(count * 4)];
        // Bytes are read without mapping pages; values of other types pass the reader that the forward pass uses.
        if (tensor.DType == DType.F32) tensor.ReadBytes(start * 4, singles);
        else tensor.Read(start, MemoryMarshal.Cast<byte, float>(singles));
        var values = MemoryMarshal.Cast<byte, uint>(singles);
        var lower = UnifySingles(values, out isZero);
        if (lower != 0) return End(buffer, singles.Length, Singles);
        KeepUpper(values, MemoryMarshal.Cast<byte, ushort>(buffer));
        return End(buffer, count * 2, Halves);
    }

    private static int End(Span<byte> buffer, int length, byte kind)
    {
        buffer[length] = kind;
        return length + 1;
    }

    private static bool UnifyHalves(Span<ushort> values)
    {
        var (any, i) = (Vector<ushort>.Zero, 0);
        for (; i <= values.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var part = values[i..];
            var value = new Vector<ushort>(part);
            var magnitude = value & new Vector<ushort>(0x7FFF);
            value = Vector.AndNot(value, Vector.Equals(magnitude, Vector<ushort>.Zero));
            value = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, new Vector<ushort>(0x7F80)), new Vector<ushort>(0x7FC0), value);
            any |= value;
            value.CopyTo(part);
        }
        var isZero = Vector.EqualsAll(any, Vector<ushort>.Zero);
        for (; i < values.Length; i++)
        {
            var magnitude = values[i] & 0x7FFF;
            if (magnitude is 0 or > 0x7F80) values[i] = (ushort)(magnitude == 0 ? 0 : 0x7FC0);
            isZero &= values[i] == 0;
        }
        return isZero;
    }

    /// <returns>All lower halves, one bit over another.</returns>
    private static uint UnifySingles(Span<uint> values, out bool isZero)
    {
        var (any, i) = (Vector<uint>.Zero, 0);
        for (; i <= values.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var part = values[i..];
            var value = new Vector<uint>(part);
            var magnitude = value & new Vector<uint>(0x7FFFFFFF);
            value = Vector.AndNot(value, Vector.Equals(magnitude, Vector<uint>.Zero));
            value = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, new Vector<uint>(0x7F800000)), new Vector<uint>(0x7FC00000), value);
            any |= value;
            value.CopyTo(part);
        }
        uint bits = 0;
        for (var lane = 0; lane < Vector<uint>.Count; lane++) bits |= any[lane];
        for (; i < values.Length; i++)
        {
            var magnitude = values[i] & 0x7FFFFFFF;
            if (magnitude is 0 or > 0x7F800000) values[i] = magnitude == 0 ? 0 : 0x7FC00000u;
            bits |= values[i];
        }
        isZero = bits == 0;
        return bits & 0xFFFF;
    }

    /// <summary>Upper halves to the front of the same memory: no value is read after its place was written.</summary>
    private static void KeepUpper(Span<uint> values, Span<ushort> halves)
    {
        var i = 0;
        for (; i <= values.Length - 2 * Vector<uint>.Count; i += 2 * Vector<uint>.Count)
        {
            var (first, second) = (new Vector<uint>(values[i..]) >>> 16, new Vector<uint>(values[(i + Vector<uint>.Count)..]) >>> 16);
            Vector.Narrow(first, second).CopyTo(halves[i..]);
        }
        for (; i < values.Length; i++) halves[i] = (ushort)(values[i] >> 16);
    }
}
