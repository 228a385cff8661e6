using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Checkpoints;

/// <summary>The block types of GGUF as float32: each element is rounded as gguf-py rounds it (quants.py), product first, then sum.</summary>
/// <remarks>Layouts from ggml, ggml-common.h; d and m are binary16.</remarks>
internal static unsafe class BlockDecoder
{
    /// <summary>Reads elements of a tensor of a block type.</summary>
    /// <param name="type">Block type.</param>
    /// <param name="data">First block.</param>
    /// <param name="start">First element.</param>
    /// <param name="destination">Filled.</param>
    public static void Read(DType type, byte* data, long start, Span<float> destination)
    {
        var (elements, bytes) = (type.BlockElements(), type.BlockBytes());
        var (block, skip) = Math.DivRem(start, elements);
        var from = data + block * bytes;
        float* whole = stackalloc float[256];
        fixed (float* to = destination)
        {
            for (var at = 0; at < destination.Length; from += bytes, skip = 0)
            {
                if (skip == 0 && destination.Length - at >= elements)
                {
                    Decode(type, from, to + at);
                    at += elements;
                    continue;
                }
                Decode(type, from, whole);
                var count = (int)Math.Min(elements - skip, destination.Length - at);
                new Span<float>(whole + skip, count).CopyTo(destination[at..]);
                at += count;
            }
        }
    }

    private static void Decode(DType type, byte* block, float* to)
    {
        switch (type)
        {
            case DType.Q4_0: Nibbles(Half(block), block + 2, null, -8, null, to); break;
            case DType.Q4_1: Nibbles(Half(block), block + 4, null, 0, Half(block + 2), to); break;
            case DType.Q5_0: Nibbles(Half(block), block + 6, block + 2, -16, null, to); break;
            case DType.Q5_1: Nibbles(Half(block), block + 8, block + 4, 0, Half(block + 2), to); break;
            case DType.Q8_0: Bytes(Half(block), (sbyte*)(block + 2), to); break;
            case DType.Q2_K: TwoBits(block, to); break;
            case DType.Q3_K: ThreeBits(block, to); break;
            case DType.Q4_K: FourOrFiveBits(block, null, block + 16, to); break;
            case DType.Q5_K: FourOrFiveBits(block, block + 16, block + 48, to); break;
            case DType.Q6_K: SixBits(block, to); break;
            case DType.IQ4_NL: Listed(UnevenLevels, block + 2, Half(block), to); break;
            case DType.IQ4_XS: ListedWithScales(block, to); break;
            case DType.MXFP4: Listed(FloatLevels, block + 1, HalfPowerOfTwo(*block), to); break;
            case DType.TQ1_0: FiveToTheByte(block, to); break;
            case DType.TQ2_0: FourToTheByte(block, to); break;
            case DType.IQ2_XXS: GridBlocks.Iq2Xxs(block, to); break;
            case DType.IQ2_XS: GridBlocks.Iq2Xs(block, to); break;
            case DType.IQ2_S: GridBlocks.Iq2S(block, to); break;
            case DType.IQ3_XXS: GridBlocks.Iq3Xxs(block, to); break;
            case DType.IQ3_S: GridBlocks.Iq3S(block, to); break;
            case DType.IQ1_S: GridBlocks.Iq1S(block, to); break;
            case DType.IQ1_M: GridBlocks.Iq1M(block, to); break;
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    /// <summary>The binary16 at an address.</summary>
    public static float Half(byte* at) => (float)BinaryPrimitives.ReadHalfLittleEndian(new ReadOnlySpan<byte>(at, 2));

    /// <summary>Sixteen elements: (code + offset) · d + m, two roundings; without m the product as it is, so that a zero keeps its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector128<byte> codes, int offset, float d, float? m, float* to)
    {
        var (low, high) = Vector128.Widen(codes);
        Write(low, offset, d, m, to);
        Write(high, offset, d, m, to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector128<ushort> codes, int offset, float d, float? m, float* to)
    {
        var (low, high) = Vector128.Widen(codes);
        var product = Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32() + Vector256.Create(offset)) * Vector256.Create(d);
        (m is { } minimum ? product + Vector256.Create(minimum) : product).Store(to);
    }

    /// <summary>Sixteen elements: value · d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector128<sbyte> values, float d, float* to)
    {
        var (low, high) = Vector128.Widen(values);
        var (a, b) = Vector128.Widen(low);
        var (c, e) = Vector128.Widen(high);
        (Vector256.ConvertToSingle(Vector256.Create(a, b)) * Vector256.Create(d)).Store(to);
        (Vector256.ConvertToSingle(Vector256.Create(c, e)) * Vector256.Create(d)).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bits(Vector128<byte> bytes, int shift, byte mask) => Vector128.ShiftRightLogical(bytes, shift) & Vector128.Create(mask);

    /// <summary>32 elements: the low nibbles of 16 bytes, then the high ones, with a fifth bit each where there are high bits.</summary>
    private static void Nibbles(float d, byte* low, byte* high, int offset, float? m, float* to)
    {
        var bytes = Vector128.Load(low);
        Vector128<byte> first = Bits(bytes, 0, 15), second = Bits(bytes, 4, 15);
        if (high is not null)
        {
            first |= FifthBits(high[0], high[1]);
            second |= FifthBits(high[2], high[3]);
        }
        Write(first, offset, d, m, to);
        Write(second, offset, d, m, to + 16);
    }

    /// <summary>16 in byte i where bit i is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> FifthBits(byte low, byte high)
    {
        var places = Vector128.Create(0x8040201008040201UL).AsByte();
        var both = Vector128.Shuffle(Vector128.Create((ushort)(low | high << 8)).AsByte(), Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
        return Vector128.Equals(both & places, places) & Vector128.Create((byte)16);
    }

    private static void Bytes(float d, sbyte* q, float* to)
    {
        Write(Vector128.Load(q), d, to);
        Write(Vector128.Load(q + 16), d, to + 16);
    }

    /// <summary>Scales of 16 elements (16 bytes: scale in the low, minimum in the high nibble), 64 bytes of codes, d, m.</summary>
    private static void TwoBits(byte* block, float* to)
    {
        byte* scales = block, codes = block + 16;
        var (d, m) = (Half(block + 80), Half(block + 82));
        // Each half of the elements has 32 bytes, and each byte four elements 32 apart.
        for (var s = 0; s < 16; s++)
        {
            var bytes = Vector128.Load(codes + (s >> 3) * 32 + (s & 1) * 16);
            Write(Bits(bytes, (s >> 1 & 3) * 2, 3), 0, d * (scales[s] & 15), -(m * (scales[s] >> 4)), to + s * 16);
        }
    }

    /// <summary>32 bytes of high bits (0 means minus 4), 64 bytes of codes, 16 scales of 6 bits in 12 bytes, d.</summary>
    private static void ThreeBits(byte* block, float* to)
    {
        byte* high = block, codes = block + 32, packed = block + 96;
        var d = Half(block + 108);
        for (var s = 0; s < 16; s++)
        {
            var low = s < 8 ? packed[s] & 15 : packed[s - 8] >> 4;
            var scale = d * ((low | (packed[8 + (s & 3)] >> (s >> 2) * 2 & 3) << 4) - 32);
            var bytes = Bits(Vector128.Load(codes + (s >> 3) * 32 + (s & 1) * 16), (s >> 1 & 3) * 2, 3);
            var third = Vector128.ShiftLeft(Bits(Vector128.Load(high + (s & 1) * 16), s >> 1, 1), 2);
            Write(bytes | third, -4, scale, null, to + s * 16);
        }
    }

    /// <summary>d, m, 8 scales and minima of 6 bits in 12 bytes, 32 bytes of fifth bits where there are five, 128 bytes of nibbles.</summary>
    private static void FourOrFiveBits(byte* block, byte* high, byte* low, float* to)
    {
        var (d, m) = (Half(block), Half(block + 2));
        var packed = block + 4;
        for (var s = 0; s < 8; s++)
        {
            var scale = s < 4 ? packed[s] & 63 : (packed[s + 4] & 15) | (packed[s - 4] >> 6) << 4;
            var minimum = s < 4 ? packed[s + 4] & 63 : (packed[s + 4] >> 4) | (packed[s] >> 6) << 4;
            var (ds, ms) = (d * scale, -(m * minimum));
            // A pair of sub-blocks shares 32 bytes: the even one has the low nibbles.
            for (var half = 0; half < 32; half += 16)
            {
                var codes = Bits(Vector128.Load(low + (s >> 1) * 32 + half), (s & 1) * 4, 15);
                if (high is not null) codes |= Vector128.ShiftLeft(Bits(Vector128.Load(high + half), s, 1), 4);
                Write(codes, 0, ds, ms, to + s * 32 + half);
            }
        }
    }

    /// <summary>128 bytes of nibbles, 64 bytes of high pairs, 16 signed scales, d.</summary>
    private static void SixBits(byte* block, float* to)
    {
        byte* low = block, high = block + 128;
        var scales = (sbyte*)(block + 192);
        var d = Half(block + 208);
        for (var s = 0; s < 16; s++)
        {
            // Each half of the elements has 64 bytes of nibbles: the low ones hold its first 64 elements, the high ones its last.
            var nibbles = Bits(Vector128.Load(low + (s >> 3) * 64 + (s & 3) * 16), (s >> 2 & 1) * 4, 15);
            var pairs = Vector128.ShiftLeft(Bits(Vector128.Load(high + (s >> 3) * 32 + (s & 1) * 16), (s >> 1 & 3) * 2, 3), 4);
            Write(nibbles | pairs, -32, d * scales[s], null, to + s * 16);
        }
    }

    /// <summary>What the sixteen codes of IQ4_NL and IQ4_XS stand for.</summary>
    private static Vector128<sbyte> UnevenLevels => Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    /// <summary>Twice the values of a 4-bit float with two exponent bits (OCP MX, E2M1).</summary>
    private static Vector128<sbyte> FloatLevels => Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    /// <summary>32 elements: the low nibbles of 16 bytes, then the high ones, each a place in a list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Listed(Vector128<sbyte> levels, byte* nibbles, float d, float* to)
    {
        var bytes = Vector128.Load(nibbles);
        Write(Vector128.Shuffle(levels, Bits(bytes, 0, 15).AsSByte()), d, to);
        Write(Vector128.Shuffle(levels, Bits(bytes, 4, 15).AsSByte()), d, to + 16);
    }

    /// <summary>d, the high pairs and the low nibbles of 8 scales, 128 bytes of nibbles.</summary>
    private static void ListedWithScales(byte* block, float* to)
    {
        var d = Half(block);
        var high = BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(block + 2, 2));
        for (var s = 0; s < 8; s++)
        {
            var scale = (block[4 + (s >> 1)] >> (s & 1) * 4 & 15 | (high >> 2 * s & 3) << 4) - 32;
            Listed(UnevenLevels, block + 8 + s * 16, d * scale, to + s * 32);
        }
    }

    /// <summary>2 to the power (exponent − 128), half of what an E8M0 stands for, since its levels are doubled; the two lowest are subnormal.</summary>
    private static float HalfPowerOfTwo(byte exponent) => BitConverter.Int32BitsToSingle(exponent < 2 ? 0x00200000 << exponent : exponent - 1 << 23);

    /// <summary>52 bytes that hold ternary digits as a fraction of 256, the first digit the highest: 32 bytes of five, 16 of five, 4 of four; d.</summary>
    private static void FiveToTheByte(byte* block, float* to)
    {
        var d = Half(block + 52);
        for (int digit = 0, power = 1; digit < 5; digit++, power *= 3)
        {
            Digits(block, power, d, to + digit * 32);
            Digits(block + 16, power, d, to + digit * 32 + 16);
            Digits(block + 32, power, d, to + 160 + digit * 16);
            if (digit == 4) continue;
            for (var i = 0; i < 4; i++) to[240 + digit * 4 + i] = d * (((byte)(block[48 + i] * power) * 3 >> 8) - 1);
        }
    }

    /// <summary>One digit of each of 16 bytes: multiplied to the front, modulo 256, then cut off.</summary>
    private static void Digits(byte* bytes, int power, float d, float* to)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(bytes));
        Write(Digit(low, power), -1, d, null, to);
        Write(Digit(high, power), -1, d, null, to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Digit(Vector128<ushort> bytes, int power) =>
        Vector128.ShiftRightLogical((bytes * Vector128.Create((ushort)power) & Vector128.Create((ushort)255)) * Vector128.Create((ushort)3), 8);

    /// <summary>64 bytes of four codes each, 32 elements apart (code minus 1), d.</summary>
    private static void FourToTheByte(byte* block, float* to)
    {
        var d = Half(block + 64);
        for (var s = 0; s < 16; s++) Write(Bits(Vector128.Load(block + (s >> 3) * 32 + (s & 1) * 16), (s >> 1 & 3) * 2, 3), -1, d, null, to + s * 16);
    }
}
