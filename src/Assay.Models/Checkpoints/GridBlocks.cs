using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Checkpoints;

/// <summary>The block types of GGUF whose codes name points of a code book (IQ1 to IQ3), eight elements at a time, rounded as gguf-py rounds them.</summary>
/// <remarks>Layouts from ggml, ggml-common.h; every block has 256 elements, so 32 groups of eight.</remarks>
internal static unsafe class GridBlocks
{
    private const int Groups = 32;
    private const float Shift = .125f; // What IQ1 adds to or takes from a whole group.

    /// <summary>d, then for 32 elements each four codes and 32 bits: four signs of seven bits, a scale of four.</summary>
    public static void Iq2Xxs(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var codes = block + 2 + (k >> 2) * 8;
            var word = U32(codes + 4);
            Eight(BlockGrids.Iq2Xxs[codes[k & 3]], Signs(word >> (k & 3) * 7), d * (.5f + (word >> 28)) * .25f, to + k * 8);
        }
    }

    /// <summary>d, 32 codes of 9 bits with signs of 7, scales of 4 bits for 16 elements each.</summary>
    public static void Iq2Xs(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var code = U16(block + 2 + 2 * k);
            Eight(BlockGrids.Iq2Xs[code & 511], Signs((uint)code >> 9), d * (.5f + Nibble(block + 66, k >> 1)) * .25f, to + k * 8);
        }
    }

    /// <summary>d, 32 low bytes of codes, 32 bytes of signs, 2 high bits of each code, scales of 4 bits for 16 elements each.</summary>
    public static void Iq2S(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var code = block[2 + k] | (block[66 + (k >> 2)] >> (k & 3) * 2 & 3) << 8;
            Eight(BlockGrids.Iq2S[code], block[34 + k], d * (.5f + Nibble(block + 74, k >> 1)) * .25f, to + k * 8);
        }
    }

    /// <summary>d, 64 codes of four elements, then for 32 elements each 32 bits: four signs of seven bits, a scale of four.</summary>
    public static void Iq3Xxs(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var word = U32(block + 66 + (k >> 2) * 4);
            var point = BlockGrids.Iq3Xxs[block[2 + 2 * k]] | BlockGrids.Iq3Xxs[block[3 + 2 * k]] << 32;
            Eight(point, Signs(word >> (k & 3) * 7), d * (.5f + (word >> 28)) * .5f, to + k * 8);
        }
    }

    /// <summary>d, 64 low bytes of codes of four elements, their ninth bits, 32 bytes of signs, scales of 4 bits for 32 elements each.</summary>
    public static void Iq3S(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var ninth = block[66 + (k >> 2)] >> (k & 3) * 2;
            var point = BlockGrids.Iq3S[block[2 + 2 * k] | (ninth & 1) << 8] | BlockGrids.Iq3S[block[3 + 2 * k] | (ninth >> 1 & 1) << 8] << 32;
            Eight(point, block[74 + k], d * (1 + 2 * Nibble(block + 106, k >> 2)), to + k * 8);
        }
    }

    /// <summary>d, 32 low bytes of codes, then for 32 elements each 16 bits: three high bits of each of four codes, a scale of three, the shift's
    /// sign.</summary>
    public static void Iq1S(byte* block, float* to)
    {
        var d = BlockDecoder.Half(block);
        for (var k = 0; k < Groups; k++)
        {
            var word = U16(block + 34 + (k >> 2) * 2);
            var code = block[2 + k] | (word >> (k & 3) * 3 & 7) << 8;
            Shifted(BlockGrids.Iq1[code], (word & 0x8000) == 0 ? Shift : -Shift, d * (2 * (word >> 12 & 7) + 1), to + k * 8);
        }
    }

    /// <summary>32 low bytes of codes, for each code three high bits and the shift's sign, then four times 16 bits: four scales of three bits and four bits of
    /// d.</summary>
    public static void Iq1M(byte* block, float* to)
    {
        var scales = block + 48;
        int whole = U16(scales) >> 12 | U16(scales + 2) >> 12 << 4 | U16(scales + 4) >> 12 << 8 | U16(scales + 6) >> 12 << 12;
        var d = (float)BitConverter.UInt16BitsToHalf((ushort)whole);
        for (var k = 0; k < Groups; k++)
        {
            var high = Nibble(block + 32, k);
            var scale = U16(scales + (k >> 3) * 2) >> (k >> 1 & 3) * 3 & 7;
            Shifted(BlockGrids.Iq1[block[k] | (high & 7) << 8], (high & 8) == 0 ? Shift : -Shift, d * (2 * scale + 1), to + k * 8);
        }
    }

    /// <summary>Seven signs as eight: the last one makes the number of minus signs even.</summary>
    private static int Signs(uint seven) => (int)(seven & 127) | (BitOperations.PopCount(seven & 127) & 1) << 7;

    private static int Nibble(byte* bytes, int index) => bytes[index >> 1] >> (index & 1) * 4 & 15;

    private static ushort U16(byte* at) => BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(at, 2));

    private static uint U32(byte* at) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(at, 4));

    /// <summary>A point times d, negative where its bit in <paramref name="signs"/> is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ulong point, int signs, float d, float* to)
    {
        var places = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        var minus = Vector256.Equals(Vector256.Create(signs) & places, places) & Vector256.Create(int.MinValue);
        ((Values(point) * Vector256.Create(d)).AsInt32() ^ minus).AsSingle().Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shifted(ulong point, float shift, float d, float* to) => ((Values(point) + Vector256.Create(shift)) * Vector256.Create(d)).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Values(ulong point)
    {
        var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalar(point).AsSByte()));
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }
}
