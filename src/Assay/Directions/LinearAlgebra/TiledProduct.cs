using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Directions.LinearAlgebra;

/// <summary>Products with a matrix that is read by tiles, in double.</summary>
/// <remarks>Each element of a result is one sum in a fixed order, whatever the threads and the vector width: lanes hold different elements,
/// and tasks write different rows.</remarks>
internal static unsafe class TiledProduct
{
    private const int BlockRows = 64;
    private const int BlockInner = 256;
    private const int SomeStride = BlockInner + Lanes;

    /// <summary>Columns of dense operands are padded with zeros to a multiple of this.</summary>
    public const int Lanes = 8;

    /// <summary>The width of a dense operand with this many columns.</summary>
    public static int Padded(int columns) => (columns + Lanes - 1) / Lanes * Lanes;

    /// <summary>A · B, or Aᵀ · B.</summary>
    /// <param name="matrix">A.</param>
    /// <param name="transposed">Whether to take Aᵀ.</param>
    /// <param name="right">B, (columns of A or of Aᵀ, width).</param>
    /// <param name="width">A multiple of <see cref="Lanes"/>.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <returns>(rows of A or of Aᵀ, width).</returns>
    public static double[] Multiply(IMatrixSource matrix, bool transposed, double[] right, int width, WorkTeam team, CancellationToken cancellation)
    {
        var (rows, inner) = transposed ? (matrix.Columns, matrix.Rows) : (matrix.Rows, matrix.Columns);
        var result = new double[checked(rows * width)];
        // Not a power of two, or all rows of a tile would fall on the same few lines of the cache.
        var stride = Math.Min(BlockInner, inner) + Lanes;
        var tiles = new double[team.Threads][];
        team.Run((rows + BlockRows - 1) / BlockRows, (task, worker) =>
        {
            var (from, count) = Block(task, BlockRows, rows);
            var tile = tiles[worker] ??= new double[Math.Min(BlockRows, rows) * stride];
            fixed (double* t = tile, b = right, o = result)
            {
                for (var at = 0; at < inner; at += BlockInner)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var depth = Math.Min(BlockInner, inner - at);
                    if (transposed) FillTransposed(matrix, at, depth, from, count, tile, stride);
                    else for (var r = 0; r < count; r++) matrix.Read(from + r, at, tile.AsSpan(r * stride, depth));
                    Accumulate(t, stride, count, depth, b + (long)at * width, o + (long)from * width, width);
                }
            }
        });
        return result;
    }

    /// <summary>AᵀA where A has at least as many rows as columns, else AAᵀ.</summary>
    /// <returns>(n, width) with n the smaller side and width its padded size; the padding is 0.</returns>
    public static double[] Gram(IMatrixSource matrix, WorkTeam team, CancellationToken cancellation)
    {
        var tall = matrix.Rows >= matrix.Columns;
        var (length, n) = tall ? (matrix.Rows, matrix.Columns) : (matrix.Columns, matrix.Rows);
        var width = Padded(n);
        var result = new double[n * width];
        var tiles = new (double[] All, double[] Some)[team.Threads];
        team.Run((n + BlockRows - 1) / BlockRows, (task, worker) =>
        {
            var (from, count) = Block(task, BlockRows, n);
            if (tiles[worker].All is null) tiles[worker] = (new double[Math.Min(BlockInner, length) * width], new double[Math.Min(BlockRows, n) * SomeStride]);
            var (all, some) = tiles[worker];
            fixed (double* b = all, a = some, o = result)
            {
                for (var at = 0; at < length; at += BlockInner)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var depth = Math.Min(BlockInner, length - at);
                    if (tall) for (var r = 0; r < depth; r++) matrix.Read(at + r, 0, all.AsSpan(r * width, n));
                    else FillTransposed(matrix, 0, n, at, depth, all, width);
                    for (var r = 0; r < count; r++)
                        for (var k = 0; k < depth; k++) some[r * SomeStride + k] = all[k * width + from + r];
                    Accumulate(a, SomeStride, count, depth, b, o + (long)from * width, width);
                }
            }
        });
        return result;
    }

    /// <summary>Columns [column, column + count) of rows [row, row + depth) as rows of the destination.</summary>
    [SkipLocalsInit]
    private static void FillTransposed(IMatrixSource matrix, int row, int depth, int column, int count, double[] destination, int stride)
    {
        Span<double> line = count <= BlockInner ? stackalloc double[count] : new double[count];
        for (var k = 0; k < depth; k++)
        {
            matrix.Read(row + k, column, line);
            for (var r = 0; r < count; r++) destination[r * stride + k] = line[r];
        }
    }

    private static (int From, int Count) Block(int task, int size, int total) => (task * size, Math.Min(size, total - task * size));

    /// <summary>O (rows, width) += A (rows, depth) · B (depth, width).</summary>
    private static void Accumulate(double* a, int stride, int rows, int depth, double* b, double* o, int width)
    {
        var r = 0;
        for (; r + 4 <= rows; r += 4)
        {
            var c = 0;
            for (; c + 16 <= width; c += 16) Four(a + r * stride, stride, depth, b + c, o + (long)r * width + c, width);
            for (; c < width; c += 8)
                for (var one = 0; one < 4; one++) One(a + (r + one) * stride, depth, b + c, o + (long)(r + one) * width + c, width);
        }

        for (; r < rows; r++)
            for (var c = 0; c < width; c += 8) One(a + r * stride, depth, b + c, o + (long)r * width + c, width);
    }

    // Optimised at once: a short run would spend most of its time in the unoptimised form of the innermost loops.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(double* a, int stride, int depth, double* b, double* o, int width)
    {
        double* o1 = o + width, o2 = o1 + width, o3 = o2 + width, a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector512<double> p0 = Vector512.Load(o), q0 = Vector512.Load(o + 8), p1 = Vector512.Load(o1), q1 = Vector512.Load(o1 + 8);
        Vector512<double> p2 = Vector512.Load(o2), q2 = Vector512.Load(o2 + 8), p3 = Vector512.Load(o3), q3 = Vector512.Load(o3 + 8);
        for (var k = 0; k < depth; k++, b += width)
        {
            Vector512<double> x = Vector512.Load(b), y = Vector512.Load(b + 8);
            var s = Vector512.Create(a[k]);
            p0 = Vector512.FusedMultiplyAdd(s, x, p0);
            q0 = Vector512.FusedMultiplyAdd(s, y, q0);
            s = Vector512.Create(a1[k]);
            p1 = Vector512.FusedMultiplyAdd(s, x, p1);
            q1 = Vector512.FusedMultiplyAdd(s, y, q1);
            s = Vector512.Create(a2[k]);
            p2 = Vector512.FusedMultiplyAdd(s, x, p2);
            q2 = Vector512.FusedMultiplyAdd(s, y, q2);
            s = Vector512.Create(a3[k]);
            p3 = Vector512.FusedMultiplyAdd(s, x, p3);
            q3 = Vector512.FusedMultiplyAdd(s, y, q3);
        }

        p0.Store(o);
        q0.Store(o + 8);
        p1.Store(o1);
        q1.Store(o1 + 8);
        p2.Store(o2);
        q2.Store(o2 + 8);
        p3.Store(o3);
        q3.Store(o3 + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(double* a, int depth, double* b, double* o, int width)
    {
        var sum = Vector512.Load(o);
        for (var k = 0; k < depth; k++, b += width) sum = Vector512.FusedMultiplyAdd(Vector512.Create(a[k]), Vector512.Load(b), sum);
        sum.Store(o);
    }
}
