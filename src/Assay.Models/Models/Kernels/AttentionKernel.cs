using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Causal softmax attention with grouped keys and values, in the tiles of the matrix product.</summary>
/// <remarks>Online softmax (Milakov and Gimelshein 2018) over blocks of 256 keys counted from the sequence's start: scores of a block, its maximum, exponentials, their
/// sum, and the values mixed by them onto what the blocks before left, corrected for a larger maximum. Every sum is taken in an order that the
/// query's own position decides: scores as chains over the key's width, exponentials over 16 lanes by key index and a fixed tree, values as one chain a page of 64 keys.
/// Keys that a query does not see count exactly 0, so a position has the same bits in one pass, in pieces or from a cache, whatever shares its tile.
/// Only keys and values that are not finite break that: 0 · ∞ is not 0.</remarks>
internal static unsafe class AttentionKernel
{
    /// <summary>Keys of one step of the online softmax.</summary>
    public const int Block = 256;

    private const int Tile = ProductTiles.MostRows * ProductTiles.RowStride;

    /// <summary>Floats of scratch.</summary>
    public static long ScratchFloats(KeyValueLayout layout) =>
        ((layout.KeyWidth + MatrixProduct.Block - 1) / MatrixProduct.Block + 1L) * Tile + (long)ProductTiles.MostRows * layout.ValueChunks * ProductTiles.Columns;

    /// <summary>Computes a task.</summary>
    /// <param name="spec">Scale, cap, window, sizes.</param>
    /// <param name="layout">Of the pages.</param>
    /// <param name="task">What to compute.</param>
    /// <param name="scratch">As <see cref="ScratchFloats"/> says.</param>
    /// <param name="width">Tiles.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(AttentionSpec spec, KeyValueLayout layout, in AttentionTask task, float* scratch, VectorWidth width)
    {
        var group = spec.Heads / spec.KeyValueHeads;
        var (keyWidth, valueWidth) = (layout.KeyWidth, layout.ValueChunks * ProductTiles.Columns);
        var scores = scratch; // (14, 528): scores of a block, then exponentials.
        var mixed = scores + Tile; // (14, value width in whole chunks).
        var queries = mixed + ProductTiles.MostRows * valueWidth; // (blocks of 512 of the key's width, 14, 528).
        var most = stackalloc float[ProductTiles.MostRows];
        var sums = stackalloc float[ProductTiles.MostRows];
        for (var row = 0; row < task.Count * group; row += ProductTiles.MostRows)
        {
            // Row r of a tile is head (row + r) mod group of query (row + r) / group.
            var height = Math.Min(ProductTiles.MostRows, task.Count * group - row);
            for (var r = 0; r < height; r++)
            {
                var (query, head) = Math.DivRem(row + r, group);
                var from = (float*)task.Queries + query * task.QueryStride + head * keyWidth;
                for (var k = 0; k < keyWidth; k += MatrixProduct.Block)
                {
                    var depth = Math.Min(MatrixProduct.Block, keyWidth - k);
                    new ReadOnlySpan<float>(from + k, depth).CopyTo(new Span<float>(queries + k / MatrixProduct.Block * Tile + r * ProductTiles.RowStride, depth));
                }

                (most[r], sums[r]) = task.Sinks == 0 ? (float.NegativeInfinity, 0) : (((float*)task.Sinks)[head], 1);
            }

            new Span<float>(mixed, height * valueWidth).Clear();
            var last = task.First + (row + height - 1) / group;
            var earliest = Start(spec, task.First + row / group);
            for (var block = earliest / Block * Block; block <= last; block += Block)
            {
                var (from, end) = (Math.Max(block, earliest / ProductTiles.Columns * ProductTiles.Columns), Math.Min(block + Block, last + 1));
                Scores(layout, task, queries, height, from, end, scores - block, width);
                for (var r = 0; r < height; r++)
                {
                    var position = task.First + (row + r) / group;
                    var correction = Soften(spec, scores + r * ProductTiles.RowStride, from - block, end - block, Math.Max(Start(spec, position), block) - block, Math.Min(position + 1, end) - block, ref most[r], ref sums[r]);
                    if (correction != 1) Scale(mixed + r * valueWidth, valueWidth, correction);
                }

                Mix(layout, task, scores - block, height, from, end, mixed, width);
            }

            for (var r = 0; r < height; r++)
            {
                var (query, head) = Math.DivRem(row + r, group);
                var to = (float*)task.Output + query * task.OutputStride + head * layout.ValueWidth;
                for (var j = 0; j < layout.ValueWidth; j++) to[j] = mixed[r * valueWidth + j] / sums[r];
            }
        }
    }

    private static int Start(AttentionSpec spec, int position) => spec.Window is { } window ? Math.Max(0, position - (window - 1)) : 0;

    /// <summary>Scores of keys from … end − 1, written at their own index of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(KeyValueLayout layout, in AttentionTask task, float* queries, int height, int from, int end, float* scores, VectorWidth width)
    {
        for (var key = from; key < end; key += ProductTiles.Columns)
        {
            var panel = layout.Keys((float*)task.Pages[key / KeyValueLayout.Positions], task.KeyValueHead, key);
            for (var k = 0; k < layout.KeyWidth; k += MatrixProduct.Block)
            {
                ProductTiles.Compute(width, queries + k / MatrixProduct.Block * Tile, height, PanelType.Float32, (byte*)(panel + k * ProductTiles.Columns), Math.Min(MatrixProduct.Block, layout.KeyWidth - k),
                    scores + key, ProductTiles.RowStride, k > 0);
            }
        }
    }

    /// <summary>Adds the values of keys from … end − 1, page by page, to the mixture.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(KeyValueLayout layout, in AttentionTask task, float* weights, int height, int from, int end, float* mixed, VectorWidth width)
    {
        for (int key = from, next; key < end; key = next)
        {
            next = Math.Min(end, (key / KeyValueLayout.Positions + 1) * KeyValueLayout.Positions);
            for (var chunk = 0; chunk < layout.ValueChunks; chunk++)
            {
                var panel = layout.Values((float*)task.Pages[key / KeyValueLayout.Positions], task.KeyValueHead, chunk, key);
                ProductTiles.Compute(width, weights + key, height, PanelType.Float32, (byte*)panel, next - key, mixed + chunk * ProductTiles.Columns, (long)layout.ValueChunks * ProductTiles.Columns, true);
            }
        }
    }

    /// <summary>Turns one row's scores of a block into exponentials above the largest score so far; keys not seen become 0.</summary>
    /// <param name="spec">Scale and cap.</param>
    /// <param name="row">Scores by key of the block.</param>
    /// <param name="from">First key there is; a multiple of 32.</param>
    /// <param name="end">Key after the last.</param>
    /// <param name="first">First key seen.</param>
    /// <param name="seenEnd">Key after the last that is seen; not above <paramref name="first"/> where none is.</param>
    /// <param name="most">Largest score so far.</param>
    /// <param name="sum">Sum of exponentials so far.</param>
    /// <returns>Factor that brings what was summed before to the new maximum.</returns>
    /// <remarks>In methods of their own: in one the compiler reaches the end of what it inlines, and where 512-bit vectors are pairs of 256-bit ones it calls a
    /// method for each half of each operation.</remarks>
    private static float Soften(AttentionSpec spec, float* row, int from, int end, int first, int seenEnd, ref float most, ref float sum)
    {
        var to = (end + 15) / 16 * 16;
        if (first >= seenEnd)
        {
            new Span<float>(row + from, to - from).Clear();
            return 1;
        }

        var (seenFrom, seenTo) = (first / 16 * 16, (seenEnd + 15) / 16 * 16);
        var scale = spec.Scale;
        if (spec.Softcap is { } cap)
        {
            Cap(row, seenFrom, seenTo, scale, cap);
            scale = 1;
        }

        var max = Largest(row, seenFrom, seenTo, scale, first, seenEnd, most);
        var correction = max == most ? 1 : VectorMath.Exp(most - max);
        var total = Exponentials(row, seenFrom, seenTo, max);
        new Span<float>(row + from, seenFrom - from).Clear();
        new Span<float>(row + seenTo, to - seenTo).Clear();
        most = max;
        sum = sum * correction + total;
        return correction;
    }

    /// <summary>Scales scores and bounds them by the soft cap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Cap(float* row, int from, int to, float scale, float cap)
    {
        var (factor, bound) = (Vector512.Create(scale), Vector512.Create(cap));
        for (var k = from; k < to; k += 16) (bound * VectorMath.Tanh(Vector512.Load(row + k) * factor / bound)).Store(row + k);
    }

    /// <summary>Scales scores, gives those that are not seen −∞, and finds the largest, or <paramref name="most"/> where none is larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Largest(float* row, int from, int to, float scale, int first, int seenEnd, float most)
    {
        var factor = Vector512.Create(scale);
        var lanes = Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        var largest = Vector512.Create(float.NegativeInfinity);
        for (var k = from; k < to; k += 16)
        {
            var s = Vector512.Load(row + k) * factor;
            if (k < first || k + 16 > seenEnd)
            {
                var index = lanes + Vector512.Create(k);
                var seen = Vector512.GreaterThanOrEqual(index, Vector512.Create(first)) & Vector512.LessThan(index, Vector512.Create(seenEnd));
                s = Vector512.ConditionalSelect(seen.AsSingle(), s, Vector512.Create(float.NegativeInfinity));
            }

            s.Store(row + k);
            largest = Vector512.MaxNative(largest, s); // NaN comes back with the exponentials.
        }

        var max = most;
        for (var i = 0; i < 16; i++) max = MathF.Max(max, largest[i]);
        return max;
    }

    /// <summary>Turns scores into exponentials above a shift.</summary>
    /// <returns>Their sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Exponentials(float* row, int from, int to, float shift)
    {
        var less = Vector512.Create(shift);
        var total = Vector512<float>.Zero;
        for (var k = from; k < to; k += 16)
        {
            var e = VectorMath.Exp(Vector512.Load(row + k) - less);
            e.Store(row + k);
            total += e;
        }

        return VectorMath.TreeSum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, int count, float factor)
    {
        for (var i = 0; i < count; i += 16) (Vector512.Load(x + i) * Vector512.Create(factor)).Store(x + i);
    }
}
