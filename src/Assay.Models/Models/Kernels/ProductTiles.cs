using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Assay.Models.Kernels;

/// <summary>Register tiles of a matrix product: c (rows, 32) = or += a (rows, depth) · panel (depth, 32).</summary>
/// <remarks>Each element is one chain of fused multiply-adds from zero in the order of k, so tiles of 512, 256 and 128 bits give the same bits for
/// any number of rows. The accumulators are locals so that they stay in registers; the number of rows and the panel's type are type arguments,
/// so that the compiler drops the accumulators and the widening that an instance does not need (engine.md: 14 × 32 and 6 × 16).</remarks>
internal static unsafe class ProductTiles
{
    /// <summary>Rows of the tallest tile.</summary>
    public const int MostRows = 14;

    /// <summary>Columns of a panel.</summary>
    public const int Columns = 32;

    /// <summary>Floats between rows of a; not a power of two, which would alias in the first-level cache.</summary>
    public const int RowStride = 528;

    private const int Ahead = 2048; // Bytes.
    private const int NarrowRows = 6;
    private const int PlainRows = 4;

    private static readonly delegate*<float*, byte*, int, float*, long, bool, void>[][] WideTiles = [WideOf<BFloat16Panel>(), WideOf<Float16Panel>(), WideOf<Float32Panel>()];
    private static readonly delegate*<float*, byte*, int, float*, long, bool, void>[][] NarrowTiles = [NarrowOf<BFloat16Panel>(), NarrowOf<Float16Panel>(), NarrowOf<Float32Panel>()];
    private static readonly delegate*<float*, byte*, int, float*, long, bool, void>[][] PlainTiles = [PlainOf<BFloat16Panel>(), PlainOf<Float16Panel>(), PlainOf<Float32Panel>()];

    /// <summary>The widest tiles that this machine computes in hardware, or those that <c>ASSAY_VECTORS</c> (512, 256 or 128) asks for.</summary>
    public static VectorWidth Best { get; } = Environment.GetEnvironmentVariable("ASSAY_VECTORS") switch
    {
        "512" => VectorWidth.Wide,
        "256" => VectorWidth.Narrow,
        "128" => VectorWidth.Plain,
        _ => Vector512.IsHardwareAccelerated ? VectorWidth.Wide : Vector256.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Fma.IsSupported ? VectorWidth.Narrow : VectorWidth.Plain,
    };

    /// <summary>Computes any number of rows from 1 to <see cref="MostRows"/>.</summary>
    /// <param name="width">Which tiles; all give the same bits.</param>
    /// <param name="a">(rows, <see cref="RowStride"/>).</param>
    /// <param name="rows">1 to <see cref="MostRows"/>.</param>
    /// <param name="type">How the panel's weights are stored.</param>
    /// <param name="panel">(depth, 32) in the layout of its type, aligned to 64 bytes.</param>
    /// <param name="depth">Length of the chains.</param>
    /// <param name="c">(rows, stride).</param>
    /// <param name="stride">Floats between rows of c.</param>
    /// <param name="add">Whether to add to c or to overwrite it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(VectorWidth width, float* a, int rows, PanelType type, byte* panel, int depth, float* c, long stride, bool add)
    {
        if (width == VectorWidth.Wide)
        {
            WideTiles[(int)type][rows](a, panel, depth, c, stride, add);
            return;
        }

        var (tiles, most) = width == VectorWidth.Narrow ? (NarrowTiles[(int)type], NarrowRows) : (PlainTiles[(int)type], PlainRows);
        while (rows > 0)
        {
            // Nearly equal parts: 14 rows as 5 + 5 + 4 rather than 6 + 6 + 2.
            var parts = (rows + most - 1) / most;
            var height = (rows + parts - 1) / parts;
            tiles[height](a, panel, depth, c, stride, add);
            a += height * RowStride;
            c += height * stride;
            rows -= height;
        }
    }

    private static delegate*<float*, byte*, int, float*, long, bool, void>[] WideOf<TPanel>() where TPanel : struct, IPanel =>
    [
        null,
        &Wide<Rows1, TPanel>,
        &Wide<Rows2, TPanel>,
        &Wide<Rows3, TPanel>,
        &Wide<Rows4, TPanel>,
        &Wide<Rows5, TPanel>,
        &Wide<Rows6, TPanel>,
        &Wide<Rows7, TPanel>,
        &Wide<Rows8, TPanel>,
        &Wide<Rows9, TPanel>,
        &Wide<Rows10, TPanel>,
        &Wide<Rows11, TPanel>,
        &Wide<Rows12, TPanel>,
        &Wide<Rows13, TPanel>,
        &Wide<Rows14, TPanel>,
    ];

    private static delegate*<float*, byte*, int, float*, long, bool, void>[] NarrowOf<TPanel>() where TPanel : struct, IPanel =>
    [
        null,
        &Narrow<Rows1, TPanel>,
        &Narrow<Rows2, TPanel>,
        &Narrow<Rows3, TPanel>,
        &Narrow<Rows4, TPanel>,
        &Narrow<Rows5, TPanel>,
        &Narrow<Rows6, TPanel>,
    ];

    private static delegate*<float*, byte*, int, float*, long, bool, void>[] PlainOf<TPanel>() where TPanel : struct, IPanel =>
    [
        null,
        &Plain<Rows1, TPanel>,
        &Plain<Rows2, TPanel>,
        &Plain<Rows3, TPanel>,
        &Plain<Rows4, TPanel>,
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector512<float> low, Vector512<float> high, bool add)
    {
        if (add)
        {
            low = Vector512.Load(c) + low;
            high = Vector512.Load(c + 16) + high;
        }

        low.Store(c);
        high.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector256<float> low, Vector256<float> high, bool add)
    {
        if (add)
        {
            low = Vector256.Load(c) + low;
            high = Vector256.Load(c + 16) + high;
        }

        low.Store(c);
        high.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector128<float> low, Vector128<float> high, bool add)
    {
        if (add)
        {
            low = Vector128.Load(c) + low;
            high = Vector128.Load(c + 16) + high;
        }

        low.Store(c);
        high.Store(c + 16);
    }

    /// <summary>All 32 columns as two vectors of 16: 28 accumulators at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<TRows, TPanel>(float* a, byte* panel, int depth, float* c, long stride, bool add)
        where TRows : struct, ITileRows
        where TPanel : struct, IPanel
    {
        Vector512<float> l0 = default, h0 = default;
        Vector512<float> l1 = default, h1 = default;
        Vector512<float> l2 = default, h2 = default;
        Vector512<float> l3 = default, h3 = default;
        Vector512<float> l4 = default, h4 = default;
        Vector512<float> l5 = default, h5 = default;
        Vector512<float> l6 = default, h6 = default;
        Vector512<float> l7 = default, h7 = default;
        Vector512<float> l8 = default, h8 = default;
        Vector512<float> l9 = default, h9 = default;
        Vector512<float> l10 = default, h10 = default;
        Vector512<float> l11 = default, h11 = default;
        Vector512<float> l12 = default, h12 = default;
        Vector512<float> l13 = default, h13 = default;
        for (var k = 0; k < depth; k++)
        {
            // The panel is used once a tile, and the processor's own prefetching ends at every page of 4 KiB.
            if (Sse.IsSupported) Sse.Prefetch0(panel + Ahead);
            TPanel.Load(panel, out var low, out var high);
            panel += TPanel.Step;
            var x0 = Vector512.Create(a[k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
            if (TRows.Count > 1)
            {
                var x = Vector512.Create(a[RowStride + k]);
                l1 = Vector512.FusedMultiplyAdd(x, low, l1);
                h1 = Vector512.FusedMultiplyAdd(x, high, h1);
            }

            if (TRows.Count > 2)
            {
                var x = Vector512.Create(a[2 * RowStride + k]);
                l2 = Vector512.FusedMultiplyAdd(x, low, l2);
                h2 = Vector512.FusedMultiplyAdd(x, high, h2);
            }

            if (TRows.Count > 3)
            {
                var x = Vector512.Create(a[3 * RowStride + k]);
                l3 = Vector512.FusedMultiplyAdd(x, low, l3);
                h3 = Vector512.FusedMultiplyAdd(x, high, h3);
            }

            if (TRows.Count > 4)
            {
                var x = Vector512.Create(a[4 * RowStride + k]);
                l4 = Vector512.FusedMultiplyAdd(x, low, l4);
                h4 = Vector512.FusedMultiplyAdd(x, high, h4);
            }

            if (TRows.Count > 5)
            {
                var x = Vector512.Create(a[5 * RowStride + k]);
                l5 = Vector512.FusedMultiplyAdd(x, low, l5);
                h5 = Vector512.FusedMultiplyAdd(x, high, h5);
            }

            if (TRows.Count > 6)
            {
                var x = Vector512.Create(a[6 * RowStride + k]);
                l6 = Vector512.FusedMultiplyAdd(x, low, l6);
                h6 = Vector512.FusedMultiplyAdd(x, high, h6);
            }

            if (TRows.Count > 7)
            {
                var x = Vector512.Create(a[7 * RowStride + k]);
                l7 = Vector512.FusedMultiplyAdd(x, low, l7);
                h7 = Vector512.FusedMultiplyAdd(x, high, h7);
            }

            if (TRows.Count > 8)
            {
                var x = Vector512.Create(a[8 * RowStride + k]);
                l8 = Vector512.FusedMultiplyAdd(x, low, l8);
                h8 = Vector512.FusedMultiplyAdd(x, high, h8);
            }

            if (TRows.Count > 9)
            {
                var x = Vector512.Create(a[9 * RowStride + k]);
                l9 = Vector512.FusedMultiplyAdd(x, low, l9);
                h9 = Vector512.FusedMultiplyAdd(x, high, h9);
            }

            if (TRows.Count > 10)
            {
                var x = Vector512.Create(a[10 * RowStride + k]);
                l10 = Vector512.FusedMultiplyAdd(x, low, l10);
                h10 = Vector512.FusedMultiplyAdd(x, high, h10);
            }

            if (TRows.Count > 11)
            {
                var x = Vector512.Create(a[11 * RowStride + k]);
                l11 = Vector512.FusedMultiplyAdd(x, low, l11);
                h11 = Vector512.FusedMultiplyAdd(x, high, h11);
            }

            if (TRows.Count > 12)
            {
                var x = Vector512.Create(a[12 * RowStride + k]);
                l12 = Vector512.FusedMultiplyAdd(x, low, l12);
                h12 = Vector512.FusedMultiplyAdd(x, high, h12);
            }

            if (TRows.Count > 13)
            {
                var x = Vector512.Create(a[13 * RowStride + k]);
                l13 = Vector512.FusedMultiplyAdd(x, low, l13);
                h13 = Vector512.FusedMultiplyAdd(x, high, h13);
            }
        }

        Put(c, l0, h0, add);
        if (TRows.Count > 1) Put(c + stride, l1, h1, add);
        if (TRows.Count > 2) Put(c + 2 * stride, l2, h2, add);
        if (TRows.Count > 3) Put(c + 3 * stride, l3, h3, add);
        if (TRows.Count > 4) Put(c + 4 * stride, l4, h4, add);
        if (TRows.Count > 5) Put(c + 5 * stride, l5, h5, add);
        if (TRows.Count > 6) Put(c + 6 * stride, l6, h6, add);
        if (TRows.Count > 7) Put(c + 7 * stride, l7, h7, add);
        if (TRows.Count > 8) Put(c + 8 * stride, l8, h8, add);
        if (TRows.Count > 9) Put(c + 9 * stride, l9, h9, add);
        if (TRows.Count > 10) Put(c + 10 * stride, l10, h10, add);
        if (TRows.Count > 11) Put(c + 11 * stride, l11, h11, add);
        if (TRows.Count > 12) Put(c + 12 * stride, l12, h12, add);
        if (TRows.Count > 13) Put(c + 13 * stride, l13, h13, add);
    }

    /// <summary>Twice 16 columns, 8 from each half of the panel: 12 accumulators at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<TRows, TPanel>(float* a, byte* panel, int depth, float* c, long stride, bool add)
        where TRows : struct, ITileRows
        where TPanel : struct, IPanel
    {
        for (var part = 0; part < 2; part++)
        {
            Vector256<float> l0 = default, h0 = default;
            Vector256<float> l1 = default, h1 = default;
            Vector256<float> l2 = default, h2 = default;
            Vector256<float> l3 = default, h3 = default;
            Vector256<float> l4 = default, h4 = default;
            Vector256<float> l5 = default, h5 = default;
            var step = panel;
            for (var k = 0; k < depth; k++)
            {
                TPanel.Load(step, part, out Vector256<float> low, out Vector256<float> high);
                step += TPanel.Step;
                var x0 = Vector256.Create(a[k]);
                l0 = Vector256.FusedMultiplyAdd(x0, low, l0);
                h0 = Vector256.FusedMultiplyAdd(x0, high, h0);
                if (TRows.Count > 1)
                {
                    var x = Vector256.Create(a[RowStride + k]);
                    l1 = Vector256.FusedMultiplyAdd(x, low, l1);
                    h1 = Vector256.FusedMultiplyAdd(x, high, h1);
                }

                if (TRows.Count > 2)
                {
                    var x = Vector256.Create(a[2 * RowStride + k]);
                    l2 = Vector256.FusedMultiplyAdd(x, low, l2);
                    h2 = Vector256.FusedMultiplyAdd(x, high, h2);
                }

                if (TRows.Count > 3)
                {
                    var x = Vector256.Create(a[3 * RowStride + k]);
                    l3 = Vector256.FusedMultiplyAdd(x, low, l3);
                    h3 = Vector256.FusedMultiplyAdd(x, high, h3);
                }

                if (TRows.Count > 4)
                {
                    var x = Vector256.Create(a[4 * RowStride + k]);
                    l4 = Vector256.FusedMultiplyAdd(x, low, l4);
                    h4 = Vector256.FusedMultiplyAdd(x, high, h4);
                }

                if (TRows.Count > 5)
                {
                    var x = Vector256.Create(a[5 * RowStride + k]);
                    l5 = Vector256.FusedMultiplyAdd(x, low, l5);
                    h5 = Vector256.FusedMultiplyAdd(x, high, h5);
                }
            }

            var to = c + part * 8;
            Put(to, l0, h0, add);
            if (TRows.Count > 1) Put(to + stride, l1, h1, add);
            if (TRows.Count > 2) Put(to + 2 * stride, l2, h2, add);
            if (TRows.Count > 3) Put(to + 3 * stride, l3, h3, add);
            if (TRows.Count > 4) Put(to + 4 * stride, l4, h4, add);
            if (TRows.Count > 5) Put(to + 5 * stride, l5, h5, add);
        }
    }

    /// <summary>Four times 8 columns, for processors without 256-bit vectors: fused where the processor fuses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain<TRows, TPanel>(float* a, byte* panel, int depth, float* c, long stride, bool add)
        where TRows : struct, ITileRows
        where TPanel : struct, IPanel
    {
        for (var part = 0; part < 4; part++)
        {
            Vector128<float> l0 = default, h0 = default;
            Vector128<float> l1 = default, h1 = default;
            Vector128<float> l2 = default, h2 = default;
            Vector128<float> l3 = default, h3 = default;
            var step = panel;
            for (var k = 0; k < depth; k++)
            {
                TPanel.Load(step, part, out Vector128<float> low, out Vector128<float> high);
                step += TPanel.Step;
                var x0 = Vector128.Create(a[k]);
                l0 = FusedProduct.Add(x0, low, l0);
                h0 = FusedProduct.Add(x0, high, h0);
                if (TRows.Count > 1)
                {
                    var x = Vector128.Create(a[RowStride + k]);
                    l1 = FusedProduct.Add(x, low, l1);
                    h1 = FusedProduct.Add(x, high, h1);
                }

                if (TRows.Count > 2)
                {
                    var x = Vector128.Create(a[2 * RowStride + k]);
                    l2 = FusedProduct.Add(x, low, l2);
                    h2 = FusedProduct.Add(x, high, h2);
                }

                if (TRows.Count > 3)
                {
                    var x = Vector128.Create(a[3 * RowStride + k]);
                    l3 = FusedProduct.Add(x, low, l3);
                    h3 = FusedProduct.Add(x, high, h3);
                }
            }

            var to = c + part * 4;
            Put(to, l0, h0, add);
            if (TRows.Count > 1) Put(to + stride, l1, h1, add);
            if (TRows.Count > 2) Put(to + 2 * stride, l2, h2, add);
            if (TRows.Count > 3) Put(to + 3 * stride, l3, h3, add);
        }
    }
}
