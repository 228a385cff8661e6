using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class LogitPairTests
{
    /// <summary>The definitions, in decimal arithmetic where it matters little and in doubles with a log1p form where it does.</summary>
    private static (double Kl, double Reverse, double Jsd, double EntropyP) Reference(float[] zp, float[] zq)
    {
        var (lp, lq) = (LogSoftmax(zp), LogSoftmax(zq));
        double kl = 0, reverse = 0, jsd = 0, entropy = 0;
        for (var i = 0; i < zp.Length; i++)
        {
            var (p, q) = (Math.Exp(lp[i]), Math.Exp(lq[i]));
            var lm = Math.Log((p + q) / 2);
            if (p > 0) (kl, jsd, entropy) = (kl + p * (lp[i] - lq[i]), jsd + p * (lp[i] - lm) / 2, entropy - p * lp[i]);
            if (q > 0) (reverse, jsd) = (reverse + q * (lq[i] - lp[i]), jsd + q * (lq[i] - lm) / 2);
        }

        return (kl, reverse, jsd, entropy);
    }

    private static double[] LogSoftmax(float[] z)
    {
        double max = z.Max();
        var lse = max + Math.Log(z.Sum(v => Math.Exp(v - max)));
        return [.. z.Select(v => v - lse)];
    }

    private static LogitPair Compare(float[] p, float[] q)
    {
        fixed (float* a = p, b = q)
        fixed (double* scratch = new double[(p.Length + 15) / 16 * 32]) return LogitPair.Compare(a, b, p.Length, scratch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1283)]
    public void Measures_equal_their_definitions(int count)
    {
        var random = new Random(count);
        for (var round = 0; round < 20; round++)
        {
            var spread = Math.Pow(10, round / 5 - 2);
            var p = Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 12)).ToArray();
            var q = p.Select(v => v + (float)(random.NextDouble() * spread)).ToArray();
            var (want, got) = (Reference(p, q), Compare(p, q));
            Assert.Equal(want.Kl, got.Kl, 1e-13 + 1e-10 * want.Kl);
            Assert.Equal(want.Reverse, got.ReverseKl, 1e-13 + 1e-10 * want.Reverse);
            Assert.Equal(want.Jsd, got.Jsd, 1e-13 + 1e-10 * want.Jsd);
            Assert.Equal(want.EntropyP, got.EntropyP, 1e-12);
            Assert.Equal(LogSoftmax(p)[0], p[0] - got.P.LogSumExp, 1e-12);
        }
    }

    [Fact]
    public void Tiny_divergences_are_not_lost()
    {
        // For q = p·(1 ± ε) on halves of a uniform distribution, KL = −½ ln(1 − ε²), with ε = tanh(δ / 2) for logits ± δ / 2.
        foreach (var delta in (float[])[1 / 1024f, 1 / 8192f, 1 / 65536f])
        {
            var p = new float[64];
            var q = Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? delta : 0f).ToArray();
            var epsilon = Math.Tanh(delta / 2.0);
            Assert.Equal(-.5 * Math.Log(1 - epsilon * epsilon), Compare(p, q).Kl, 1e-15);
        }
    }

    /// <summary>Divergences from 1e-8 to 10 nats against sums of float64 terms p·(expm1(−d) + d), which lose nothing: the floor is below 1e-9 by far.</summary>
    [Theory]
    [InlineData(1e-4)]
    [InlineData(1e-3)]
    [InlineData(1e-2)]
    [InlineData(.1)]
    [InlineData(1)]
    [InlineData(10)]
    public void The_floor_of_the_divergence_is_below_a_billionth(double difference)
    {
        var random = new Random(7);
        foreach (var count in (int[])[1280, 50_000])
        {
            var p = Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 16)).ToArray();
            var q = p.Select(z => z + (float)((random.NextDouble() - .5) * 2 * difference)).ToArray();
            var (lp, lq) = (LogSoftmax(p), LogSoftmax(q));
            var want = 0.0;
            for (var i = 0; i < count; i++)
            {
                // KL = Σ p (e^(−d) − 1 + d), d = ln p − ln q: every term is at least 0. Near 0 by its series.
                var d = lp[i] - lq[i];
                var term = Math.Abs(d) < 1e-2 ? d * d * (.5 - d / 6 + d * d / 24 - d * d * d / 120 + d * d * d * d / 720) : Math.Exp(-d) - 1 + d;
                want += Math.Exp(lp[i]) * term;
            }

            var got = Compare(p, q).Kl;
            Assert.InRange(want, 1e-9, 20);
            Assert.Equal(want, got, 1e-12);
        }
    }

    [Fact]
    public void Equal_rows_diverge_by_exactly_nothing()
    {
        var random = new Random(1);
        var p = Enumerable.Range(0, 999).Select(_ => (float)(random.NextDouble() * 50 - 25)).ToArray();
        var got = Compare(p, p);
        Assert.Equal((0d, 0d, 0d), (got.Kl, got.ReverseKl, got.Jsd));
    }

    [Fact]
    public void Entries_without_probability_are_data()
    {
        const float none = float.NegativeInfinity;
        var got = Compare([0, 0, none], [0, none, 0]);
        Assert.Equal(double.PositiveInfinity, got.Kl);
        Assert.Equal(double.PositiveInfinity, got.ReverseKl);
        Assert.Equal(.5 * Math.Log(2), got.Jsd, 1e-15);
        var covered = Compare([0, none, none], [0, 0, none]);
        Assert.Equal(Math.Log(2), covered.Kl, 1e-15);
        Assert.Equal(double.PositiveInfinity, covered.ReverseKl);
    }

    [Fact]
    public void Argmax_ties_go_to_the_lowest_id()
    {
        var z = new float[40];
        (z[17], z[18], z[39]) = (3, 3, 3);
        fixed (float* p = z) Assert.Equal(17, LogitRow.ArgMax(p, z.Length));
        fixed (float* p = z) Assert.Equal(0, LogitRow.ArgMax(p, 17));
    }
}
