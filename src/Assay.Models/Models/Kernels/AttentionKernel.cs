using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Causal softmax attention of a few consecutive queries of one head over one sequence's keys and values.</summary>
/// <remarks>Everything that is summed is summed in an order that the query's position alone decides: scores as chains over the head size,
/// the softmax's sum over 16 lanes by key index modulo 16 and a fixed tree, the values as a chain over keys in order. So a position has the same bits in one pass,
/// in pieces or from a cache. float32; the maximum is subtracted before the exponential.</remarks>
internal static unsafe class AttentionKernel
{
    /// <summary>Queries handled together, which share each load of a key or value.</summary>
    public const int Together = 8;

    /// <summary>Floats of scratch for a context of so many keys.</summary>
    public static long ScratchFloats(int keys, int headSize) => (long)Together * ((keys + 31) / 16 * 16) + Together * headSize;

    /// <summary>Computes up to <see cref="Together"/> queries at positions first … first + count − 1.</summary>
    /// <param name="spec">Scale, cap, window, sizes.</param>
    /// <param name="queries">(count, queryStride): rotated queries of this head.</param>
    /// <param name="queryStride">Floats between queries.</param>
    /// <param name="first">Position of the first query.</param>
    /// <param name="count">Queries.</param>
    /// <param name="keys">(blocks, head size, 16).</param>
    /// <param name="values">(positions, head size).</param>
    /// <param name="output">(count, outputStride).</param>
    /// <param name="outputStride">Floats between outputs.</param>
    /// <param name="scratch">As <see cref="ScratchFloats"/> says.</param>
    public static void Compute(AttentionSpec spec, float* queries, long queryStride, int first, int count, float* keys, float* values, float* output, long outputStride, float* scratch)
    {
        var size = spec.HeadSize;
        var window = spec.Window ?? int.MaxValue;
        var firstKey = Math.Max(0, first - (window - 1));
        var firstBlock = firstKey / 16;
        var endBlock = (first + count - 1) / 16 + 1;
        var stride = (endBlock - firstBlock) * 16L; // Scores: (query, key − 16·firstBlock).
        var packed = scratch; // (8, head size): queries, the unused ones 0.
        var scores = scratch + Together * size;
        new Span<float>(packed, Together * size).Clear();
        for (var q = 0; q < count; q++) new ReadOnlySpan<float>(queries + q * queryStride, size).CopyTo(new Span<float>(packed + q * size, size));
        for (var block = firstBlock; block < endBlock; block++) Scores(packed, size, keys + (long)block * size * 16, scores + (block - firstBlock) * 16, stride);

        var starts = stackalloc int[Together];
        var sums = stackalloc float[Together];
        for (var q = 0; q < count; q++)
        {
            var position = first + q;
            starts[q] = Math.Max(0, position - (window - 1));
            sums[q] = Exponentials(scores + q * stride, starts[q] - firstBlock * 16, position - firstBlock * 16 + 1, spec);
        }

        Mix(scores, stride, firstBlock * 16, starts, first, count, values, size, output, outputStride);
        for (var q = 0; q < count; q++)
            for (var j = 0; j < size; j++)
                output[q * outputStride + j] /= sums[q];
    }

    /// <summary>Eight queries against one block of 16 keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(float* q, int size, float* keys, float* scores, long stride)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (var i = 0; i < size; i++)
        {
            var key = Vector512.Load(keys + i * 16);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(q[i]), key, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(q[size + i]), key, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2 * size + i]), key, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(q[3 * size + i]), key, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(q[4 * size + i]), key, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(q[5 * size + i]), key, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(q[6 * size + i]), key, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(q[7 * size + i]), key, s7);
        }

        s0.Store(scores);
        s1.Store(scores + stride);
        s2.Store(scores + 2 * stride);
        s3.Store(scores + 3 * stride);
        s4.Store(scores + 4 * stride);
        s5.Store(scores + 5 * stride);
        s6.Store(scores + 6 * stride);
        s7.Store(scores + 7 * stride);
    }

    /// <summary>Scores of keys start … end − 1 become exponentials above the largest, of which the sum is returned; every other score of the touched blocks becomes 0.</summary>
    private static float Exponentials(float* scores, int start, int end, AttentionSpec spec)
    {
        var (from, to) = (start / 16 * 16, (end + 15) / 16 * 16);
        var scale = Vector512.Create(spec.Scale);
        var lanes = Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        var most = Vector512.Create(float.NegativeInfinity);
        for (var k = from; k < to; k += 16)
        {
            var s = Vector512.Load(scores + k) * scale;
            if (spec.Softcap is { } cap) s = Vector512.Create(cap) * VectorMath.Tanh(s / Vector512.Create(cap));
            var index = lanes + Vector512.Create(k);
            var seen = Vector512.GreaterThanOrEqual(index, Vector512.Create(start)) & Vector512.LessThan(index, Vector512.Create(end));
            s = Vector512.ConditionalSelect(seen.AsSingle(), s, Vector512.Create(float.NegativeInfinity));
            s.Store(scores + k);
            most = Vector512.Max(most, s);
        }

        var max = float.NegativeInfinity;
        for (var i = 0; i < 16; i++) max = MathF.Max(max, most[i]);
        var shift = Vector512.Create(max);
        var sums = Vector512<float>.Zero;
        for (var k = from; k < to; k += 16)
        {
            var e = VectorMath.Exp(Vector512.Load(scores + k) - shift);
            e.Store(scores + k);
            sums += e;
        }

        return VectorMath.TreeSum(sums);
    }

    /// <summary>output = Σ over a query's keys, in order, of exponential × value.</summary>
    private static void Mix(float* scores, long stride, int origin, int* starts, int first, int count, float* values, int size, float* output, long outputStride)
    {
        // Keys that every query of the block sees are taken eight queries at a time; the few before and after, one by one.
        var (allFrom, allTo) = (starts[count - 1], first + 1);
        for (var q = 0; q < count; q++)
        {
            new Span<float>(output + q * outputStride, size).Clear();
            Chain(scores + q * stride - origin, starts[q], Math.Min(Math.Max(allFrom, starts[q]), first + q + 1), values, size, output + q * outputStride);
        }

        if (allFrom < allTo)
        {
            if (count == Together)
            {
                for (var j = 0; j < size; j += 16) Chain8(scores - origin, stride, allFrom, allTo, values, size, j, Math.Min(16, size - j), output, outputStride);
            }
            else
            {
                for (var q = 0; q < count; q++) Chain(scores + q * stride - origin, allFrom, allTo, values, size, output + q * outputStride);
            }
        }

        for (var q = 0; q < count; q++) Chain(scores + q * stride - origin, Math.Max(Math.Max(allFrom, allTo), starts[q]), first + q + 1, values, size, output + q * outputStride);
    }

    /// <summary>Continues one query's chain over keys from … to − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chain(float* p, int from, int to, float* values, int size, float* output)
    {
        if (from >= to) return;
        var j = 0;
        for (; j + 64 <= size; j += 64)
        {
            var (a, b, c, d) = (Vector512.Load(output + j), Vector512.Load(output + j + 16), Vector512.Load(output + j + 32), Vector512.Load(output + j + 48));
            for (var k = from; k < to; k++)
            {
                var weight = Vector512.Create(p[k]);
                var value = values + (long)k * size + j;
                a = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value), a);
                b = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value + 16), b);
                c = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value + 32), c);
                d = Vector512.FusedMultiplyAdd(weight, Vector512.Load(value + 48), d);
            }

            a.Store(output + j);
            b.Store(output + j + 16);
            c.Store(output + j + 32);
            d.Store(output + j + 48);
        }

        for (; j + 16 <= size; j += 16)
        {
            var a = Vector512.Load(output + j);
            for (var k = from; k < to; k++) a = Vector512.FusedMultiplyAdd(Vector512.Create(p[k]), Vector512.Load(values + (long)k * size + j), a);
            a.Store(output + j);
        }

        for (; j < size; j++)
            for (var k = from; k < to; k++)
                output[j] = MathF.FusedMultiplyAdd(p[k], values[(long)k * size + j], output[j]);
    }

    /// <summary>Continues eight queries' chains over the same keys for up to 16 entries of the head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chain8(float* p, long stride, int from, int to, float* values, int size, int j, int width, float* output, long outputStride)
    {
        if (width < 16)
        {
            for (var q = 0; q < Together; q++)
                for (var i = j; i < j + width; i++)
                    for (var k = from; k < to; k++)
                        output[q * outputStride + i] = MathF.FusedMultiplyAdd(p[q * stride + k], values[(long)k * size + i], output[q * outputStride + i]);
            return;
        }

        var o = output + j;
        var (a0, a1, a2, a3) = (Vector512.Load(o), Vector512.Load(o + outputStride), Vector512.Load(o + 2 * outputStride), Vector512.Load(o + 3 * outputStride));
        var (a4, a5, a6, a7) = (Vector512.Load(o + 4 * outputStride), Vector512.Load(o + 5 * outputStride), Vector512.Load(o + 6 * outputStride), Vector512.Load(o + 7 * outputStride));
        var value = values + (long)from * size + j;
        for (var k = from; k < to; k++)
        {
            var v = Vector512.Load(value);
            value += size;
            a0 = Vector512.FusedMultiplyAdd(Vector512.Create(p[k]), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[stride + k]), v, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * stride + k]), v, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Create(p[3 * stride + k]), v, a3);
            a4 = Vector512.FusedMultiplyAdd(Vector512.Create(p[4 * stride + k]), v, a4);
            a5 = Vector512.FusedMultiplyAdd(Vector512.Create(p[5 * stride + k]), v, a5);
            a6 = Vector512.FusedMultiplyAdd(Vector512.Create(p[6 * stride + k]), v, a6);
            a7 = Vector512.FusedMultiplyAdd(Vector512.Create(p[7 * stride + k]), v, a7);
        }

        a0.Store(o);
        a1.Store(o + outputStride);
        a2.Store(o + 2 * outputStride);
        a3.Store(o + 3 * outputStride);
        a4.Store(o + 4 * outputStride);
        a5.Store(o + 5 * outputStride);
        a6.Store(o + 6 * outputStride);
        a7.Store(o + 7 * outputStride);
    }
}
