using System.Runtime.InteropServices;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class AttentionKernelTests
{
    private const int KvHeads = 2;

    private static AttentionSpec Spec(int group, int keySize, int valueSize, int? window, float? cap) => new()
    {
        Heads = KvHeads * group, KeyValueHeads = KvHeads, HeadSize = keySize, ValueHeadSize = valueSize, Scale = .3f, Softcap = cap, Window = window,
        Query = null!, Key = null!, Value = null!, Output = null!,
    };

    /// <summary>softmax(cap·tanh(scale·q·k / cap))·v over the keys in the window, and the sink that takes its share, in float64.</summary>
    private static double[] Reference(AttentionSpec spec, ReadOnlySpan<float> q, float[] keys, float[] values, int head, float? sink, int position)
    {
        var first = Math.Max(0, position - (spec.Window ?? int.MaxValue) + 1);
        var scores = new double[position - first + 1];
        for (var k = 0; k < scores.Length; k++)
        {
            for (var i = 0; i < spec.HeadSize; i++) scores[k] += (double)q[i] * keys[((first + k) * KvHeads + head) * spec.HeadSize + i];
            scores[k] *= spec.Scale;
            if (spec.Softcap is { } c) scores[k] = c * Math.Tanh(scores[k] / c);
        }

        var most = Math.Max(scores.Max(), sink ?? double.NegativeInfinity);
        var total = scores.Sum(s => Math.Exp(s - most)) + (sink is { } x ? Math.Exp(x - most) : 0);
        var output = new double[spec.ValueSize];
        for (var k = 0; k < scores.Length; k++)
            for (var j = 0; j < output.Length; j++) output[j] += Math.Exp(scores[k] - most) / total * values[((first + k) * KvHeads + head) * spec.ValueSize + j];
        return output;
    }

    /// <summary>Lengths cross every boundary there is: of a vector (16), a panel (32), a page (64) and a block of the online softmax (256), and windows begin within each.</summary>
    [Theory]
    [InlineData(1, 16, 16, null, null, false, 131)]
    [InlineData(3, 24, 40, 12, null, true, 70)]
    [InlineData(2, 64, 64, 1, 5f, false, 66)]
    [InlineData(4, 8, 8, 16, 2f, true, 100)]
    [InlineData(1, 80, 33, 17, null, false, 97)]
    [InlineData(2, 5, 5, 500, null, false, 600)]
    [InlineData(3, 16, 8, 255, null, true, 580)]
    [InlineData(1, 16, 16, 256, 3f, false, 530)]
    [InlineData(1, 16, 32, 257, null, true, 530)]
    [InlineData(5, 12, 12, null, null, true, 300)]
    [InlineData(2, 576, 128, null, null, false, 70)]
    [InlineData(15, 16, 16, 33, null, false, 80)]
    public void Every_cut_and_width_gives_the_definition_and_the_same_bits(int group, int keySize, int valueSize, int? window, float? cap, bool sinks, int length)
    {
        var spec = Spec(group, keySize, valueSize, window, cap);
        var layout = new KeyValueLayout(spec);
        var random = new Random(keySize + length);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2))];
        var queries = Draw(length * spec.Heads * keySize);
        var keys = Draw(length * KvHeads * keySize);
        var values = Draw(length * KvHeads * valueSize);
        var sink = Draw(spec.Heads);
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)AttentionKernel.ScratchFloats(layout) * 4, 64);
        var pages = new nint[KeyValueLayout.Pages(length)];
        for (var p = 0; p < pages.Length; p++)
        {
            pages[p] = (nint)NativeMemory.AlignedAlloc((nuint)layout.PageFloats * 4, 64);
            // What no position has been written to may hold anything.
            new Span<float>((void*)pages[p], (int)layout.PageFloats).Fill(float.NaN);
        }

        int[]? bits = null;
        foreach (var (cut, width) in new[] { (56, VectorWidth.Wide), (1, VectorWidth.Wide), (3, VectorWidth.Narrow), (length, VectorWidth.Wide), (length, VectorWidth.Narrow), (37, VectorWidth.Wide) })
        {
            var output = new float[length * spec.Heads * valueSize];
            fixed (float* q = queries, o = output, k = keys, v = values, s = sink)
            {
                // Keys come as a cache gives them: only those up to the last query of a cut are there.
                for (int first = 0, written = 0; first < length; first += cut)
                {
                    var count = Math.Min(cut, length - first);
                    for (; written < first + count; written++)
                        for (var h = 0; h < KvHeads; h++)
                            layout.Write((float*)pages[written / 64], h, written, k + (written * KvHeads + h) * keySize, v + (written * KvHeads + h) * valueSize);
                    for (var h = 0; h < KvHeads; h++)
                    {
                        AttentionKernel.Compute(spec, layout, new AttentionTask(pages, h, (nint)(q + (first * spec.Heads + h * group) * keySize), spec.Heads * keySize,
                            (nint)(o + (first * spec.Heads + h * group) * valueSize), spec.Heads * valueSize, first, count, sinks ? (nint)(s + h * group) : 0), scratch, width);
                    }
                }
            }

            for (var t = 0; t < length; t += length > 200 ? 7 : 1)
            {
                for (var h = 0; h < spec.Heads; h++)
                {
                    var want = Reference(spec, queries.AsSpan((t * spec.Heads + h) * keySize, keySize), keys, values, h / group, sinks ? sink[h] : null, t);
                    for (var j = 0; j < valueSize; j++) Assert.Equal(want[j], output[(t * spec.Heads + h) * valueSize + j], keySize > 500 ? 1e-4 : 4e-6);
                }
            }

            var got = output.Select(BitConverter.SingleToInt32Bits).ToArray();
            bits ??= got;
            Assert.Equal(bits, got);
        }

        NativeMemory.AlignedFree(scratch);
        foreach (var page in pages) NativeMemory.AlignedFree((void*)page);
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(16, 8)]
    [InlineData(80, 24)]
    [InlineData(64, 64)]
    public void Only_the_first_entries_of_a_head_are_rotated(int size, int dimensions)
    {
        var table = new RotaryTable(new RopeSpec { Kind = RopeKind.Default, Theta = 10000, Dimensions = dimensions }, size);
        var rotated = dimensions == 0 ? size : dimensions;
        var (cosines, sines) = table.Upto(41);
        var head = Enumerable.Range(0, size).Select(i => (float)Math.Sin(i + 1)).ToArray();
        var want = head.Select(v => (double)v).ToArray();
        for (var i = 0; i < rotated / 2; i++)
        {
            var angle = 40 * Math.Pow(10000, -2.0 * i / rotated);
            (want[i], want[i + rotated / 2]) = (head[i] * Math.Cos(angle) - head[i + rotated / 2] * Math.Sin(angle), head[i + rotated / 2] * Math.Cos(angle) + head[i] * Math.Sin(angle));
        }

        fixed (float* h = head) RotaryTable.Rotate(h, cosines.AsSpan(40 * table.Half, table.Half), sines.AsSpan(40 * table.Half, table.Half));
        for (var i = 0; i < size; i++) Assert.Equal(want[i], head[i], 4e-6);
    }
}
