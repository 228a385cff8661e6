using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Register tiles of a matrix product: c (rows, 32) = or += a (rows, depth) · panel (depth, 32).</summary>
/// <remarks>Each element is one chain of fused multiply-adds from zero in the order of k, whatever the tile, the vector width or the
/// machine, so every tile gives the same bits. The accumulators are locals so that they stay in registers; hence one method a height.</remarks>
internal static unsafe class ProductTiles
{
    /// <summary>Rows of the tallest tile.</summary>
    public const int MostRows = 14;

    /// <summary>Columns of a panel.</summary>
    public const int Columns = 32;

    /// <summary>Floats between rows of a; not a power of two, which would alias in the first-level cache.</summary>
    public const int RowStride = 528;

    /// <summary>Computes any number of rows from 1 to <see cref="MostRows"/>.</summary>
    /// <param name="wide">Whether to use 512-bit tiles; both give the same bits.</param>
    /// <param name="a">(rows, <see cref="RowStride"/>).</param>
    /// <param name="rows">1 to <see cref="MostRows"/>.</param>
    /// <param name="panel">(depth, 32), aligned to 64 bytes.</param>
    /// <param name="depth">Length of the chains.</param>
    /// <param name="c">(rows, stride).</param>
    /// <param name="stride">Floats between rows of c.</param>
    /// <param name="add">Whether to add to c or to overwrite it.</param>
    public static void Compute(bool wide, float* a, int rows, float* panel, int depth, float* c, long stride, bool add)
    {
        while (rows > 0)
        {
            var height = wide
                ? rows >= 14 ? 14 : rows >= 7 ? 7 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1
                : rows >= 6 ? 6 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
            if (wide)
            {
                switch (height)
                {
                    case 14: Wide14(a, panel, depth, c, stride, add); break;
                    case 7: Wide7(a, panel, depth, c, stride, add); break;
                    case 4: Wide4(a, panel, depth, c, stride, add); break;
                    case 2: Wide2(a, panel, depth, c, stride, add); break;
                    default: Wide1(a, panel, depth, c, stride, add); break;
                }
            }
            else
            {
                for (var half = 0; half < Columns; half += 16)
                {
                    switch (height)
                    {
                        case 6: Narrow6(a, panel + half, depth, c + half, stride, add); break;
                        case 4: Narrow4(a, panel + half, depth, c + half, stride, add); break;
                        case 2: Narrow2(a, panel + half, depth, c + half, stride, add); break;
                        default: Narrow1(a, panel + half, depth, c + half, stride, add); break;
                    }
                }
            }

            a += height * RowStride;
            c += height * stride;
            rows -= height;
        }
    }

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
            high = Vector256.Load(c + 8) + high;
        }

        low.Store(c);
        high.Store(c + 8);
    }

    /// <summary>14 rows × 32 columns: two vectors of 16 accumulators a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide14(float* a, float* panel, int depth, float* c, long stride, bool add)
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
            var low = Vector512.LoadAligned(panel);
            var high = Vector512.LoadAligned(panel + 16);
            panel += 32;
            var x0 = Vector512.Create(a[0 * RowStride + k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector512.Create(a[1 * RowStride + k]);
            l1 = Vector512.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x1, high, h1);
            var x2 = Vector512.Create(a[2 * RowStride + k]);
            l2 = Vector512.FusedMultiplyAdd(x2, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x2, high, h2);
            var x3 = Vector512.Create(a[3 * RowStride + k]);
            l3 = Vector512.FusedMultiplyAdd(x3, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x3, high, h3);
            var x4 = Vector512.Create(a[4 * RowStride + k]);
            l4 = Vector512.FusedMultiplyAdd(x4, low, l4);
            h4 = Vector512.FusedMultiplyAdd(x4, high, h4);
            var x5 = Vector512.Create(a[5 * RowStride + k]);
            l5 = Vector512.FusedMultiplyAdd(x5, low, l5);
            h5 = Vector512.FusedMultiplyAdd(x5, high, h5);
            var x6 = Vector512.Create(a[6 * RowStride + k]);
            l6 = Vector512.FusedMultiplyAdd(x6, low, l6);
            h6 = Vector512.FusedMultiplyAdd(x6, high, h6);
            var x7 = Vector512.Create(a[7 * RowStride + k]);
            l7 = Vector512.FusedMultiplyAdd(x7, low, l7);
            h7 = Vector512.FusedMultiplyAdd(x7, high, h7);
            var x8 = Vector512.Create(a[8 * RowStride + k]);
            l8 = Vector512.FusedMultiplyAdd(x8, low, l8);
            h8 = Vector512.FusedMultiplyAdd(x8, high, h8);
            var x9 = Vector512.Create(a[9 * RowStride + k]);
            l9 = Vector512.FusedMultiplyAdd(x9, low, l9);
            h9 = Vector512.FusedMultiplyAdd(x9, high, h9);
            var x10 = Vector512.Create(a[10 * RowStride + k]);
            l10 = Vector512.FusedMultiplyAdd(x10, low, l10);
            h10 = Vector512.FusedMultiplyAdd(x10, high, h10);
            var x11 = Vector512.Create(a[11 * RowStride + k]);
            l11 = Vector512.FusedMultiplyAdd(x11, low, l11);
            h11 = Vector512.FusedMultiplyAdd(x11, high, h11);
            var x12 = Vector512.Create(a[12 * RowStride + k]);
            l12 = Vector512.FusedMultiplyAdd(x12, low, l12);
            h12 = Vector512.FusedMultiplyAdd(x12, high, h12);
            var x13 = Vector512.Create(a[13 * RowStride + k]);
            l13 = Vector512.FusedMultiplyAdd(x13, low, l13);
            h13 = Vector512.FusedMultiplyAdd(x13, high, h13);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
        Put(c + 2 * stride, l2, h2, add);
        Put(c + 3 * stride, l3, h3, add);
        Put(c + 4 * stride, l4, h4, add);
        Put(c + 5 * stride, l5, h5, add);
        Put(c + 6 * stride, l6, h6, add);
        Put(c + 7 * stride, l7, h7, add);
        Put(c + 8 * stride, l8, h8, add);
        Put(c + 9 * stride, l9, h9, add);
        Put(c + 10 * stride, l10, h10, add);
        Put(c + 11 * stride, l11, h11, add);
        Put(c + 12 * stride, l12, h12, add);
        Put(c + 13 * stride, l13, h13, add);
    }

    /// <summary>7 rows × 32 columns: two vectors of 16 accumulators a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide7(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector512<float> l0 = default, h0 = default;
        Vector512<float> l1 = default, h1 = default;
        Vector512<float> l2 = default, h2 = default;
        Vector512<float> l3 = default, h3 = default;
        Vector512<float> l4 = default, h4 = default;
        Vector512<float> l5 = default, h5 = default;
        Vector512<float> l6 = default, h6 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector512.LoadAligned(panel);
            var high = Vector512.LoadAligned(panel + 16);
            panel += 32;
            var x0 = Vector512.Create(a[0 * RowStride + k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector512.Create(a[1 * RowStride + k]);
            l1 = Vector512.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x1, high, h1);
            var x2 = Vector512.Create(a[2 * RowStride + k]);
            l2 = Vector512.FusedMultiplyAdd(x2, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x2, high, h2);
            var x3 = Vector512.Create(a[3 * RowStride + k]);
            l3 = Vector512.FusedMultiplyAdd(x3, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x3, high, h3);
            var x4 = Vector512.Create(a[4 * RowStride + k]);
            l4 = Vector512.FusedMultiplyAdd(x4, low, l4);
            h4 = Vector512.FusedMultiplyAdd(x4, high, h4);
            var x5 = Vector512.Create(a[5 * RowStride + k]);
            l5 = Vector512.FusedMultiplyAdd(x5, low, l5);
            h5 = Vector512.FusedMultiplyAdd(x5, high, h5);
            var x6 = Vector512.Create(a[6 * RowStride + k]);
            l6 = Vector512.FusedMultiplyAdd(x6, low, l6);
            h6 = Vector512.FusedMultiplyAdd(x6, high, h6);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
        Put(c + 2 * stride, l2, h2, add);
        Put(c + 3 * stride, l3, h3, add);
        Put(c + 4 * stride, l4, h4, add);
        Put(c + 5 * stride, l5, h5, add);
        Put(c + 6 * stride, l6, h6, add);
    }

    /// <summary>4 rows × 32 columns: two vectors of 16 accumulators a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide4(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector512<float> l0 = default, h0 = default;
        Vector512<float> l1 = default, h1 = default;
        Vector512<float> l2 = default, h2 = default;
        Vector512<float> l3 = default, h3 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector512.LoadAligned(panel);
            var high = Vector512.LoadAligned(panel + 16);
            panel += 32;
            var x0 = Vector512.Create(a[0 * RowStride + k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector512.Create(a[1 * RowStride + k]);
            l1 = Vector512.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x1, high, h1);
            var x2 = Vector512.Create(a[2 * RowStride + k]);
            l2 = Vector512.FusedMultiplyAdd(x2, low, l2);
            h2 = Vector512.FusedMultiplyAdd(x2, high, h2);
            var x3 = Vector512.Create(a[3 * RowStride + k]);
            l3 = Vector512.FusedMultiplyAdd(x3, low, l3);
            h3 = Vector512.FusedMultiplyAdd(x3, high, h3);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
        Put(c + 2 * stride, l2, h2, add);
        Put(c + 3 * stride, l3, h3, add);
    }

    /// <summary>2 rows × 32 columns: two vectors of 16 accumulators a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide2(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector512<float> l0 = default, h0 = default;
        Vector512<float> l1 = default, h1 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector512.LoadAligned(panel);
            var high = Vector512.LoadAligned(panel + 16);
            panel += 32;
            var x0 = Vector512.Create(a[0 * RowStride + k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector512.Create(a[1 * RowStride + k]);
            l1 = Vector512.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector512.FusedMultiplyAdd(x1, high, h1);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
    }

    /// <summary>1 row × 32 columns: two vectors of 16 accumulators a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide1(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector512<float> l0 = default, h0 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector512.LoadAligned(panel);
            var high = Vector512.LoadAligned(panel + 16);
            panel += 32;
            var x0 = Vector512.Create(a[0 * RowStride + k]);
            l0 = Vector512.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector512.FusedMultiplyAdd(x0, high, h0);
        }

        Put(c + 0 * stride, l0, h0, add);
    }

    /// <summary>6 rows × 16 columns of a 32-column panel, for machines without 512-bit vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow6(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector256<float> l0 = default, h0 = default;
        Vector256<float> l1 = default, h1 = default;
        Vector256<float> l2 = default, h2 = default;
        Vector256<float> l3 = default, h3 = default;
        Vector256<float> l4 = default, h4 = default;
        Vector256<float> l5 = default, h5 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector256.Load(panel);
            var high = Vector256.Load(panel + 8);
            panel += 32;
            var x0 = Vector256.Create(a[0 * RowStride + k]);
            l0 = Vector256.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector256.Create(a[1 * RowStride + k]);
            l1 = Vector256.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector256.FusedMultiplyAdd(x1, high, h1);
            var x2 = Vector256.Create(a[2 * RowStride + k]);
            l2 = Vector256.FusedMultiplyAdd(x2, low, l2);
            h2 = Vector256.FusedMultiplyAdd(x2, high, h2);
            var x3 = Vector256.Create(a[3 * RowStride + k]);
            l3 = Vector256.FusedMultiplyAdd(x3, low, l3);
            h3 = Vector256.FusedMultiplyAdd(x3, high, h3);
            var x4 = Vector256.Create(a[4 * RowStride + k]);
            l4 = Vector256.FusedMultiplyAdd(x4, low, l4);
            h4 = Vector256.FusedMultiplyAdd(x4, high, h4);
            var x5 = Vector256.Create(a[5 * RowStride + k]);
            l5 = Vector256.FusedMultiplyAdd(x5, low, l5);
            h5 = Vector256.FusedMultiplyAdd(x5, high, h5);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
        Put(c + 2 * stride, l2, h2, add);
        Put(c + 3 * stride, l3, h3, add);
        Put(c + 4 * stride, l4, h4, add);
        Put(c + 5 * stride, l5, h5, add);
    }

    /// <summary>4 rows × 16 columns of a 32-column panel, for machines without 512-bit vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow4(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector256<float> l0 = default, h0 = default;
        Vector256<float> l1 = default, h1 = default;
        Vector256<float> l2 = default, h2 = default;
        Vector256<float> l3 = default, h3 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector256.Load(panel);
            var high = Vector256.Load(panel + 8);
            panel += 32;
            var x0 = Vector256.Create(a[0 * RowStride + k]);
            l0 = Vector256.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector256.Create(a[1 * RowStride + k]);
            l1 = Vector256.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector256.FusedMultiplyAdd(x1, high, h1);
            var x2 = Vector256.Create(a[2 * RowStride + k]);
            l2 = Vector256.FusedMultiplyAdd(x2, low, l2);
            h2 = Vector256.FusedMultiplyAdd(x2, high, h2);
            var x3 = Vector256.Create(a[3 * RowStride + k]);
            l3 = Vector256.FusedMultiplyAdd(x3, low, l3);
            h3 = Vector256.FusedMultiplyAdd(x3, high, h3);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
        Put(c + 2 * stride, l2, h2, add);
        Put(c + 3 * stride, l3, h3, add);
    }

    /// <summary>2 rows × 16 columns of a 32-column panel, for machines without 512-bit vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow2(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector256<float> l0 = default, h0 = default;
        Vector256<float> l1 = default, h1 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector256.Load(panel);
            var high = Vector256.Load(panel + 8);
            panel += 32;
            var x0 = Vector256.Create(a[0 * RowStride + k]);
            l0 = Vector256.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x0, high, h0);
            var x1 = Vector256.Create(a[1 * RowStride + k]);
            l1 = Vector256.FusedMultiplyAdd(x1, low, l1);
            h1 = Vector256.FusedMultiplyAdd(x1, high, h1);
        }

        Put(c + 0 * stride, l0, h0, add);
        Put(c + 1 * stride, l1, h1, add);
    }

    /// <summary>1 row × 16 columns of a 32-column panel, for machines without 512-bit vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow1(float* a, float* panel, int depth, float* c, long stride, bool add)
    {
        Vector256<float> l0 = default, h0 = default;
        for (var k = 0; k < depth; k++)
        {
            var low = Vector256.Load(panel);
            var high = Vector256.Load(panel + 8);
            panel += 32;
            var x0 = Vector256.Create(a[0 * RowStride + k]);
            l0 = Vector256.FusedMultiplyAdd(x0, low, l0);
            h0 = Vector256.FusedMultiplyAdd(x0, high, h0);
        }

        Put(c + 0 * stride, l0, h0, add);
    }
}
