using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>A mapped weight matrix as the product reads it: y = W x, W of shape (outputs, inputs), stored so or transposed.</summary>
internal readonly unsafe struct WeightMatrix
{
    private readonly Tensor _tensor;
    private readonly long _stride;
    private readonly bool _transposed;

    /// <param name="tensor">(rows, columns), F32, F16, BF16 or F64.</param>
    /// <param name="outputs">Outputs used.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="transposed">Whether the tensor is stored (inputs, all outputs).</param>
    /// <param name="first">First output inside the stored tensor.</param>
    public WeightMatrix(Tensor tensor, int outputs, int inputs, bool transposed, int first)
    {
        _tensor = tensor;
        _transposed = transposed;
        _stride = tensor.Shape[1];
        Outputs = outputs;
        Inputs = inputs;
        First = first;
    }

    public int Outputs { get; }

    public int Inputs { get; }

    private int First { get; }

    /// <summary>Writes the panel (depth, 32) of outputs n … n + 31 and inputs k … k + depth − 1; outputs beyond the last are 0.</summary>
    /// <param name="n">First output.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs, at most 512.</param>
    /// <param name="panel">(depth, 32), aligned to 64 bytes.</param>
    /// <param name="rows">Scratch of 8 × 512 floats.</param>
    public void Pack(int n, int k, int depth, float* panel, float* rows)
    {
        const int width = ProductTiles.Columns;
        var columns = Math.Min(width, Outputs - n);
        if (_transposed)
        {
            for (var i = 0; i < depth; i++)
            {
                Widen((k + i) * _stride + First + n, columns, panel + i * width);
                for (var j = columns; j < width; j++) panel[i * width + j] = 0;
            }

            return;
        }

        for (var j = 0; j < width; j += 8)
        {
            var used = Math.Clamp(columns - j, 0, 8);
            for (var r = 0; r < used; r++) Widen((First + n + j + r) * _stride + k, depth, rows + r * 512);
            if (used < 8) new Span<float>(rows + used * 512, (8 - used) * 512).Clear();
            Transpose8(rows, depth, panel + j);
        }
    }

    /// <summary>Reads one row of the stored tensor (an embedding).</summary>
    public void ReadRow(long row, int length, float* destination) => Widen(row * _stride, length, destination);

    private void Widen(long start, int count, float* destination) => _tensor.Read(start, new Span<float>(destination, count));

    /// <summary>Transposes 8 rows of 512 into columns 0 … 7 of a panel of width 32.</summary>
    private static void Transpose8(float* rows, int depth, float* panel)
    {
        var i = 0;
        for (; i + 8 <= depth; i += 8)
        {
            // Three rounds of interleaving 4-, 2- and 1-element halves turn an 8 × 8 block over.
            var r0 = Vector256.Load(rows + i);
            var r1 = Vector256.Load(rows + 512 + i);
            var r2 = Vector256.Load(rows + 1024 + i);
            var r3 = Vector256.Load(rows + 1536 + i);
            var r4 = Vector256.Load(rows + 2048 + i);
            var r5 = Vector256.Load(rows + 2560 + i);
            var r6 = Vector256.Load(rows + 3072 + i);
            var r7 = Vector256.Load(rows + 3584 + i);
            var (a0, a1) = Interleave(r0, r4);
            var (a2, a3) = Interleave(r1, r5);
            var (a4, a5) = Interleave(r2, r6);
            var (a6, a7) = Interleave(r3, r7);
            var (b0, b1) = Interleave(a0, a4);
            var (b2, b3) = Interleave(a2, a6);
            var (b4, b5) = Interleave(a1, a5);
            var (b6, b7) = Interleave(a3, a7);
            var (c0, c1) = Interleave(b0, b2);
            var (c2, c3) = Interleave(b1, b3);
            var (c4, c5) = Interleave(b4, b6);
            var (c6, c7) = Interleave(b5, b7);
            var p = panel + i * ProductTiles.Columns;
            c0.Store(p);
            c1.Store(p + 32);
            c2.Store(p + 64);
            c3.Store(p + 96);
            c4.Store(p + 128);
            c5.Store(p + 160);
            c6.Store(p + 192);
            c7.Store(p + 224);
        }

        for (; i < depth; i++)
            for (var r = 0; r < 8; r++)
                panel[i * ProductTiles.Columns + r] = rows[r * 512 + i];
    }

    /// <summary>(a0 b0 a1 b1 …) in two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Interleave(Vector256<float> a, Vector256<float> b)
    {
        if (System.Runtime.Intrinsics.X86.Avx.IsSupported)
        {
            var low = System.Runtime.Intrinsics.X86.Avx.UnpackLow(a, b);
            var high = System.Runtime.Intrinsics.X86.Avx.UnpackHigh(a, b);
            return (System.Runtime.Intrinsics.X86.Avx.Permute2x128(low, high, 0x20), System.Runtime.Intrinsics.X86.Avx.Permute2x128(low, high, 0x31));
        }

        return (Vector256.Create(a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]), Vector256.Create(a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]));
    }
}
