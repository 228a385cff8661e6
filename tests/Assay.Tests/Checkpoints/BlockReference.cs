using System.Buffers.Binary;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>The block types of GGUF element by element, as gguf-py's quants.py describes them.</summary>
internal static unsafe class BlockReference
{
    /// <summary>One block.</summary>
    public static void Decode(DType type, byte* block, float* to)
    {
        switch (type)
        {
            case DType.Q4_0: Nibbles(Half(block), block + 2, null, -8, 0, to); break;
            case DType.Q4_1: Nibbles(Half(block), block + 4, null, 0, Half(block + 2), to); break;
            case DType.Q5_0: Nibbles(Half(block), block + 6, block + 2, -16, 0, to); break;
            case DType.Q5_1: Nibbles(Half(block), block + 8, block + 4, 0, Half(block + 2), to); break;
            case DType.Q8_0: Bytes(Half(block), (sbyte*)(block + 2), to); break;
            case DType.Q2_K: TwoBits(block, to); break;
            case DType.Q3_K: ThreeBits(block, to); break;
            case DType.Q4_K: FourOrFiveBits(block, null, block + 16, to); break;
            case DType.Q5_K: FourOrFiveBits(block, block + 16, block + 48, to); break;
            case DType.Q6_K: SixBits(block, to); break;
            case DType.IQ4_NL: case DType.IQ4_XS: case DType.MXFP4: for (var i = 0; i < type.BlockElements(); i++) to[i] = Listed(type, block, i); break;
            case DType.TQ1_0: case DType.TQ2_0: for (var i = 0; i < 256; i++) to[i] = Ternary(type, block, i); break;
            case DType.IQ1_S: case DType.IQ1_M: for (var i = 0; i < 256; i++) to[i] = Shifted(type, block, i); break;
            case >= DType.IQ3_S and <= DType.IQ2_S: for (var i = 0; i < 256; i++) to[i] = Signed(type, block, i); break;
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static float Half(byte* at) => (float)BinaryPrimitives.ReadHalfLittleEndian(new ReadOnlySpan<byte>(at, 2));

    /// <summary>32 elements: the low nibbles of 16 bytes, then the high ones, with a fifth bit each where there are high bits.</summary>
    private static void Nibbles(float d, byte* low, byte* high, int offset, float m, float* to)
    {
        var bits = high is null ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(high, 4));
        for (var i = 0; i < 16; i++)
        {
            var a = (low[i] & 15) | (int)((bits >> i) & 1) << 4;
            var b = (low[i] >> 4) | (int)((bits >> (i + 16)) & 1) << 4;
            to[i] = d * (a + offset) + m;
            to[i + 16] = d * (b + offset) + m;
        }
    }

    private static void Bytes(float d, sbyte* q, float* to)
    {
        for (var i = 0; i < 32; i++) to[i] = q[i] * d;
    }

    /// <summary>Scales of 16 elements (16 bytes: scale in the low, minimum in the high nibble), 64 bytes of codes, d, m.</summary>
    private static void TwoBits(byte* block, float* to)
    {
        byte* scales = block, codes = block + 16;
        var (d, m) = (Half(block + 80), Half(block + 82));
        for (var i = 0; i < 256; i++)
        {
            var scale = scales[i >> 4];
            // Each half of the elements has 32 bytes, and each byte four elements 32 apart.
            var code = (codes[(i >> 7) * 32 + (i & 31)] >> ((i >> 5 & 3) * 2)) & 3;
            to[i] = d * (scale & 15) * code - m * (scale >> 4);
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
            for (var i = s * 16; i < s * 16 + 16; i++)
            {
                var code = (codes[(i >> 7) * 32 + (i & 31)] >> ((i >> 5 & 3) * 2)) & 3;
                to[i] = scale * (code - ((high[i & 31] >> (i >> 5) & 1) == 0 ? 4 : 0));
            }
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
            var (ds, ms) = (d * scale, m * minimum);
            // A pair of sub-blocks shares 32 bytes: the even one has the low nibbles.
            var codes = low + (s >> 1) * 32;
            for (var i = 0; i < 32; i++)
            {
                var code = (s & 1) == 0 ? codes[i] & 15 : codes[i] >> 4;
                if (high is not null) code |= (high[i] >> s & 1) << 4;
                to[s * 32 + i] = ds * code - ms;
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
            var scale = d * scales[s];
            for (var i = s * 16; i < s * 16 + 16; i++)
            {
                // Each half of the elements has 64 bytes of nibbles: the low ones hold its first 64 elements, the high ones its last.
                var nibble = low[(i >> 7) * 64 + (i & 63)] >> ((i >> 6 & 1) * 4) & 15;
                var pair = high[(i >> 7) * 32 + (i & 31)] >> ((i >> 5 & 3) * 2) & 3;
                to[i] = scale * ((nibble | pair << 4) - 32);
            }
        }
    }

    private static readonly int[] Uneven = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Bits of a block, the first byte's lowest first.
    private static int Number(byte* bytes, int firstBit, int bits)
    {
        var value = 0;
        for (var b = 0; b < bits; b++) value |= (bytes[(firstBit + b) >> 3] >> ((firstBit + b) & 7) & 1) << b;
        return value;
    }

    private static float Listed(DType type, byte* block, int i)
    {
        var half = i % 32 / 16;
        int Code(byte* nibbles) => Number(nibbles, (i % 16) * 8 + half * 4, 4);
        if (type == DType.IQ4_NL) return Half(block) * Uneven[Code(block + 2)];
        if (type == DType.IQ4_XS)
        {
            var s = i / 32;
            return Half(block) * (Number(block + 4, s * 4, 4) + 16 * Number(block + 2, s * 2, 2) - 32) * Uneven[Code(block + 8 + s * 16)];
        }
        int[] magnitudes = [0, 1, 2, 3, 4, 6, 8, 12];
        var code = Code(block + 1);
        // 2^(e-128) is exact in double and, subnormal or not, in float.
        return (float)Math.Pow(2, block[0] - 128) * (code < 8 ? magnitudes[code] : -magnitudes[code - 8]);
    }

    private static float Ternary(DType type, byte* block, int i)
    {
        if (type == DType.TQ2_0) return Half(block + 64) * (Number(block + (i / 128) * 32 + i % 32, (i / 32 % 4) * 2, 2) - 1);
        // A byte is a fraction of 256; its digits to base 3 come out by multiplication.
        var (at, digit) = i < 160 ? (i % 32, i / 32) : i < 240 ? (32 + i % 16, (i - 160) / 16) : (48 + i % 4, (i - 240) / 4);
        int rest = block[at];
        for (var n = 0; n < digit; n++) rest = rest * 3 % 256;
        return Half(block + 52) * (rest * 3 / 256 - 1);
    }

    private static float Shifted(DType type, byte* block, int i)
    {
        var k = i / 8;
        int code, scale;
        bool down;
        float d;
        if (type == DType.IQ1_S)
        {
            code = block[2 + k] + 256 * Number(block + 34 + k / 4 * 2, k % 4 * 3, 3);
            scale = Number(block + 34 + k / 4 * 2, 12, 3);
            down = Number(block + 34 + k / 4 * 2, 15, 1) == 1;
            d = Half(block);
        }
        else
        {
            code = block[k] + 256 * Number(block + 32, k * 4, 3);
            scale = Number(block + 48 + k / 8 * 2, k / 2 % 4 * 3, 3);
            down = Number(block + 32, k * 4 + 3, 1) == 1;
            byte* whole = stackalloc byte[2];
            whole[0] = (byte)(Number(block + 48, 12, 4) + 16 * Number(block + 50, 12, 4));
            whole[1] = (byte)(Number(block + 52, 12, 4) + 16 * Number(block + 54, 12, 4));
            d = Half(whole);
        }
        return d * (2 * scale + 1) * (Element(BlockGrids.Iq1[code], i % 8) + (down ? -.125f : .125f));
    }

    private static float Signed(DType type, byte* block, int i)
    {
        int k = i / 8, g = i / 32, e = i % 8, f = i / 4;
        var d = Half(block);
        switch (type)
        {
            case DType.IQ2_XXS:
                var word = block + 2 + g * 8;
                return d * (.5f + Number(word, 60, 4)) * .25f * Element(BlockGrids.Iq2Xxs[word[k % 4]], e) * Sign(Number(word, 32 + k % 4 * 7, 7), e);
            case DType.IQ2_XS:
                return d * (.5f + Number(block + 66, i / 16 * 4, 4)) * .25f * Element(BlockGrids.Iq2Xs[Number(block + 2, k * 16, 9)],
                    e) * Sign(Number(block + 2, k * 16 + 9, 7), e);
            case DType.IQ2_S:
                var code = block[2 + k] + 256 * Number(block + 66, k * 2, 2);
                return d * (.5f + Number(block + 74, i / 16 * 4, 4)) * .25f * Element(BlockGrids.Iq2S[code], e) * (Number(block + 34, i, 1) == 1 ? -1 : 1);
            case DType.IQ3_XXS:
                var bits = block + 66 + g * 4;
                return d * (.5f + Number(bits, 28, 4)) * .5f * Element(BlockGrids.Iq3Xxs[block[2 + f]], i % 4) * Sign(Number(bits, k % 4 * 7, 7), e);
            default:
                return d * (1 + 2 * Number(block + 106, g * 4, 4)) * Element(BlockGrids.Iq3S[block[2 + f] + 256 * Number(block + 66, f, 1)],
                    i % 4) * (Number(block + 74, i, 1) == 1 ? -1 : 1);
        }
    }

    // The last of eight signs makes the number of minus signs even.
    private static int Sign(int seven, int e) => (e < 7 ? seven >> e & 1 : Enumerable.Range(0, 7).Sum(b => seven >> b & 1) & 1) == 1 ? -1 : 1;

    private static int Element(ulong point, int e) => (sbyte)(point >> 8 * e);
}
