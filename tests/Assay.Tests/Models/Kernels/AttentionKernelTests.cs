using System.Runtime.InteropServices;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class AttentionKernelTests
{
    private static AttentionSpec Spec(int size, int? window, float? cap) => new()
    {
        Heads = 1, KeyValueHeads = 1, HeadSize = size, Scale = .3f, Softcap = cap, Window = window,
        Query = null!, Key = null!, Value = null!, Output = null!,
    };

    /// <summary>softmax(cap·tanh(scale·q·k / cap))·v over the keys in the window, in float64.</summary>
    private static double[] Reference(AttentionSpec spec, float[] q, float[][] keys, float[][] values, int position)
    {
        var first = Math.Max(0, position - (spec.Window ?? int.MaxValue) + 1);
        var scores = Enumerable.Range(first, position - first + 1).Select(k =>
        {
            var s = q.Zip(keys[k], (a, b) => (double)a * b).Sum() * spec.Scale;
            return spec.Softcap is { } c ? c * Math.Tanh(s / c) : s;
        }).ToArray();
        var most = scores.Max();
        var total = scores.Sum(s => Math.Exp(s - most));
        return [.. Enumerable.Range(0, spec.HeadSize).Select(j => scores.Select((s, i) => Math.Exp(s - most) / total * values[first + i][j]).Sum())];
    }

    [Theory]
    [InlineData(16, null, null)]
    [InlineData(24, 12, null)]
    [InlineData(64, 1, 5f)]
    [InlineData(8, 16, 2f)]
    [InlineData(80, 17, null)]
    [InlineData(5, 500, null)]
    public void Every_cut_gives_the_definition_and_the_same_bits(int size, int? window, float? cap)
    {
        const int length = 131; // Crosses every boundary of 8 and 16.
        var spec = Spec(size, window, cap);
        var random = new Random(size);
        float[] Draw() => [.. Enumerable.Range(0, size).Select(_ => (float)(random.NextDouble() * 4 - 2))];
        var queries = Enumerable.Range(0, length).Select(_ => Draw()).ToArray();
        var keys = Enumerable.Range(0, length).Select(_ => Draw()).ToArray();
        var values = Enumerable.Range(0, length).Select(_ => Draw()).ToArray();
        using var block = new KeyValueBlock();
        block.Ensure(1, size, length);
        var flat = queries.SelectMany(q => q).ToArray();
        int[]? bits = null;
        foreach (var cut in (int[])[8, 1, 3, 5, 7])
        {
            var output = new float[length * size];
            var scratch = (float*)NativeMemory.AlignedAlloc((nuint)AttentionKernel.ScratchFloats(length, size) * 4, 64);
            fixed (float* q = flat, o = output)
            {
                // Keys come as a cache gives them: only those up to the last query of a cut are there.
                for (int first = 0, written = 0; first < length; first += cut)
                {
                    var count = Math.Min(cut, length - first);
                    for (; written < first + count; written++)
                        fixed (float* k = keys[written], v = values[written]) block.Write(0, written, k, v);
                    AttentionKernel.Compute(spec, q + first * size, size, first, count, block.Keys(0), block.Values(0), o + first * size, size, scratch);
                }
            }

            NativeMemory.AlignedFree(scratch);
            for (var t = 0; t < length; t++)
            {
                var want = Reference(spec, queries[t], keys, values, t);
                for (var j = 0; j < size; j++) Assert.Equal(want[j], output[t * size + j], 3e-6);
            }

            var got = output.Select(BitConverter.SingleToInt32Bits).ToArray();
            bits ??= got;
            Assert.Equal(bits, got);
        }
    }
}
