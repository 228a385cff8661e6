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
}
