using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>Turns stored rows into panels by blocked transposes: eight rows at a time in registers, never element by element over memory.</summary>
/// <remarks>Sources may start at any address.</remarks>
internal static unsafe class PanelPacker
{
    private const int Width = ProductTiles.Columns;

    /// <summary>Packs outputs that are stored as rows.</summary>
    /// <param name="type">Of the stored tensor.</param>
    /// <param name="source">First input of the first output.</param>
    /// <param name="stride">Bytes between outputs.</param>
    /// <param name="columns">Outputs there are, 1 to 32; the others become 0.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="panel">(depth, 32) in the layout of the type.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromRows(DType type, byte* source, long stride, int columns, int depth, byte* panel)
    {
        if (type is DType.BF16 or DType.F16)
        {
            for (var l = 0; l < 16; l += 8) Pairs(source + l * stride, stride, columns - l, depth, (uint*)panel + l);
            return;
        }

        for (var c = 0; c < Width; c += 8)
        {
            if (type == DType.F32) Singles(source + c * stride, stride, columns - c, depth, (float*)panel + c);
            else Doubles(source + c * stride, stride, columns - c, depth, (float*)panel + c);
        }
    }

    /// <summary>Packs outputs that are stored as columns (GPT-2): a step's weights stand side by side already.</summary>
    /// <inheritdoc cref="FromRows"/>
    /// <param name="type">Of the stored tensor.</param>
    /// <param name="source">First output of the first input.</param>
    /// <param name="stride">Bytes between inputs.</param>
    /// <param name="columns">Outputs there are, 1 to 32.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="panel">(depth, 32) in the layout of the type.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromColumns(DType type, byte* source, long stride, int columns, int depth, byte* panel)
    {
        var edge = stackalloc ushort[Width];
        new Span<ushort>(edge, Width).Clear();
        for (var k = 0; k < depth; k++, source += stride)
        {
            if (type is DType.BF16 or DType.F16)
            {
                var from = (ushort*)source;
                if (columns < Width)
                {
                    Buffer.MemoryCopy(source, edge, Width * 2, columns * 2);
                    from = edge;
                }

                var to = (uint*)panel + k * 16;
                (Vector256.WidenLower(Vector256.Load(from)) | (Vector256.WidenLower(Vector256.Load(from + 16)) << 16)).Store(to);
                (Vector256.WidenUpper(Vector256.Load(from)) | (Vector256.WidenUpper(Vector256.Load(from + 16)) << 16)).Store(to + 8);
                continue;
            }

            var row = (float*)panel + k * Width;
            if (type == DType.F32) Buffer.MemoryCopy(source, row, Width * 4, columns * 4);
            else
                for (var c = 0; c < columns; c++) row[c] = (float)Unsafe.ReadUnaligned<double>(source + c * 8);
            new Span<float>(row + columns, Width - columns).Clear();
        }
    }

    /// <summary>Lanes l … l + 7 of all steps: output l in the low, output l + 16 in the high half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pairs(byte* source, long stride, int columns, int depth, uint* panel)
    {
        var k = 0;
        if (columns >= 24)
        {
            for (; k + 8 <= depth; k += 8)
            {
                var from = source + k * 2L;
                Transpose(
                    Zip(from, stride), Zip(from + stride, stride), Zip(from + 2 * stride, stride), Zip(from + 3 * stride, stride),
                    Zip(from + 4 * stride, stride), Zip(from + 5 * stride, stride), Zip(from + 6 * stride, stride), Zip(from + 7 * stride, stride),
                    (float*)(panel + k * 16), 16);
            }
        }

        for (; k < depth; k++)
        {
            for (var l = 0; l < 8; l++)
            {
                uint low = l < columns ? Unsafe.ReadUnaligned<ushort>(source + l * stride + k * 2L) : 0u;
                uint high = l + 16 < columns ? Unsafe.ReadUnaligned<ushort>(source + (l + 16) * stride + k * 2L) : 0u;
                panel[k * 16 + l] = low | (high << 16);
            }
        }
    }

    /// <summary>Eight inputs of one output and of the one 16 further on, as pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Zip(byte* row, long stride)
    {
        var low = Vector128.Load((ushort*)row);
        var high = Vector128.Load((ushort*)(row + 16 * stride));
        if (Sse2.IsSupported) return Vector256.Create(Sse2.UnpackLow(low, high), Sse2.UnpackHigh(low, high)).AsSingle();
        return (Widened(low) | (Widened(high) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widened(Vector128<ushort> values) => Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));

    /// <summary>Columns c … c + 7 of all steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Singles(byte* source, long stride, int columns, int depth, float* panel)
    {
        var k = 0;
        if (columns >= 8)
        {
            for (; k + 8 <= depth; k += 8)
            {
                var from = source + k * 4L;
                Transpose(
                    Vector256.Load((float*)from), Vector256.Load((float*)(from + stride)), Vector256.Load((float*)(from + 2 * stride)), Vector256.Load((float*)(from + 3 * stride)),
                    Vector256.Load((float*)(from + 4 * stride)), Vector256.Load((float*)(from + 5 * stride)), Vector256.Load((float*)(from + 6 * stride)), Vector256.Load((float*)(from + 7 * stride)),
                    panel + k * Width, Width);
            }
        }

        for (; k < depth; k++)
            for (var c = 0; c < 8; c++)
                panel[k * Width + c] = c < columns ? Unsafe.ReadUnaligned<float>(source + c * stride + k * 4L) : 0;
    }

    private static void Doubles(byte* source, long stride, int columns, int depth, float* panel)
    {
        for (var k = 0; k < depth; k++)
            for (var c = 0; c < 8; c++)
                panel[k * Width + c] = c < columns ? (float)Unsafe.ReadUnaligned<double>(source + c * stride + k * 8L) : 0;
    }

    /// <summary>Writes the transpose of an 8 × 8 block: three rounds that interleave halves of 4, 2 and 1 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, Vector256<float> r4, Vector256<float> r5, Vector256<float> r6, Vector256<float> r7,
        float* to, int stride)
    {
        if (Avx.IsSupported)
        {
            // Within 128-bit lanes by twos and fours, then the lanes change places.
            var (a0, a1, a2, a3) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1), Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
            var (a4, a5, a6, a7) = (Avx.UnpackLow(r4, r5), Avx.UnpackHigh(r4, r5), Avx.UnpackLow(r6, r7), Avx.UnpackHigh(r6, r7));
            var (b0, b1) = (Avx.Shuffle(a0, a2, 0x44), Avx.Shuffle(a0, a2, 0xEE));
            var (b2, b3) = (Avx.Shuffle(a1, a3, 0x44), Avx.Shuffle(a1, a3, 0xEE));
            var (b4, b5) = (Avx.Shuffle(a4, a6, 0x44), Avx.Shuffle(a4, a6, 0xEE));
            var (b6, b7) = (Avx.Shuffle(a5, a7, 0x44), Avx.Shuffle(a5, a7, 0xEE));
            Avx.Permute2x128(b0, b4, 0x20).Store(to);
            Avx.Permute2x128(b1, b5, 0x20).Store(to + stride);
            Avx.Permute2x128(b2, b6, 0x20).Store(to + 2 * stride);
            Avx.Permute2x128(b3, b7, 0x20).Store(to + 3 * stride);
            Avx.Permute2x128(b0, b4, 0x31).Store(to + 4 * stride);
            Avx.Permute2x128(b1, b5, 0x31).Store(to + 5 * stride);
            Avx.Permute2x128(b2, b6, 0x31).Store(to + 6 * stride);
            Avx.Permute2x128(b3, b7, 0x31).Store(to + 7 * stride);
            return;
        }

        for (var k = 0; k < 8; k++)
            Vector256.Create(r0[k], r1[k], r2[k], r3[k], r4[k], r5[k], r6[k], r7[k]).Store(to + k * stride);
    }
}
