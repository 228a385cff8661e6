using Assay.Checkpoints;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class FusedHeadTests
{
    /// <summary>Vocabularies below, at and above a tile of 512 columns, no multiples of a panel among them; more rows than a strip.</summary>
    [Theory]
    [InlineData(1, 40, null)]
    [InlineData(13, 512, null)]
    [InlineData(100, 513, null)]
    [InlineData(200, 1100, 3f)]
    [InlineData(15, 1536, 30f)]
    public void Log_probabilities_equal_their_definition_in_float64(int rows, int vocabulary, float? cap)
    {
        const int width = 24;
        var random = new Random(vocabulary);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        var (x, w) = (Draw(rows * width), Draw(vocabulary * width));
        var targets = Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary - 3)).ToArray();
        foreach (var valid in (int[])[vocabulary, vocabulary - 3])
        {
            var results = new[] { 1, 3 }.Select(threads =>
            {
                using var team = new WorkTeam(threads);
                var result = new double[rows];
                fixed (float* px = x, pw = w)
                {
                    var tensor = new Tensor("w", DType.F32, [vocabulary, width], (byte*)pw, 4L * w.Length);
                    FusedHead.LogProbabilities(team, new HeadSide(ProductJob.Of(px, width, rows, new WeightMatrix(tensor, vocabulary, width, false, 0), null, null, null, 0), 1, cap), valid, targets, result);
                }

                return result;
            }).ToList();
            Assert.Equal(results[0], results[1]);
            for (var row = 0; row < rows; row++)
            {
                var logits = Enumerable.Range(0, valid).Select(v =>
                {
                    var z = Enumerable.Range(0, width).Sum(i => (double)x[row * width + i] * w[v * width + i]);
                    return cap is { } c ? c * Math.Tanh(z / c) : z;
                }).ToArray();
                var max = logits.Max();
                Assert.Equal(logits[targets[row]] - max - Math.Log(logits.Sum(z => Math.Exp(z - max))), results[0][row], 3e-6);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(171)]
    public void A_visitor_sees_every_row_of_both_models_once(int rows)
    {
        const int width = 16;
        const int vocabulary = 700;
        var random = new Random(rows);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        var (x, w, v) = (Draw(rows * width + 1), Draw(vocabulary * width), Draw((vocabulary + 5) * width));
        var seen = new int[rows];
        using var team = new WorkTeam(3);
        fixed (float* px = x, pw = w, pv = v)
        {
            // Not lambdas' to keep: they run before this returns.
            var (xs, ws, vs) = ((nint)px, (nint)pw, (nint)pv);
            var p = new HeadSide(ProductJob.Of(px, width, rows, new WeightMatrix(new Tensor("w", DType.F32, [vocabulary, width], (byte*)pw, 4L * w.Length), vocabulary, width, false, 0), null, null, null, 0), 1, null);
            var q = new HeadSide(ProductJob.Of(px, width, rows, new WeightMatrix(new Tensor("v", DType.F32, [vocabulary + 5, width], (byte*)pv, 4L * v.Length), vocabulary + 5, width, false, 0), null, null, null, 0), 1, null);
            FusedHead.Pairs(team, p, q, 1, (row, a, b, scratch) =>
            {
                Interlocked.Increment(ref seen[row]);
                scratch[2 * vocabulary - 1] = 0;
                foreach (var n in (int[])[0, 31, 32, 511, 512, 699])
                {
                    Assert.Equal(Chain((float*)xs + row * width, (float*)ws + n * width), a[n]);
                    Assert.Equal(Chain((float*)xs + row * width, (float*)vs + n * width), b[n]);
                }

                Assert.Equal(Chain((float*)xs + row * width, (float*)vs + 704 * width), b[704]);
            });
        }

        Assert.All(seen, s => Assert.Equal(1, s));

        static float Chain(float* a, float* b)
        {
            var sum = 0f;
            for (var i = 0; i < width; i++) sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
            return sum;
        }
    }
}
