using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public class StatisticianTests
{
    private static readonly string[][] Layouts =
    [
        [.. Enumerable.Repeat("", 30)],
        [.. Enumerable.Range(0, 77).Select(i => $"{i % 3}")],
        [.. Enumerable.Range(0, 41).Select(i => i < 20 ? "a" : i < 40 ? "b" : "alone")],
        [.. Enumerable.Range(0, 36).Select(i => i < 25 ? "a" : $"single {i}")],
        [.. Enumerable.Range(0, 12).Select(i => $"{i % 2}")],
    ];

    public static TheoryData<int, int> Settings => new() { { 0, 1 }, { 1, 1 }, { 1, 2 }, { 2, 5 }, { 3, 2 }, { 4, 2 } };

    [Theory, MemberData(nameof(Settings))]
    public void Means_have_the_bits_of_the_slow_reference(int layout, int threads)
    {
        var random = new System.Random(layout);
        var clusters = Layouts[layout].Select(s => new Cluster(s, Math.Exp(3 * random.NextDouble()) - 4, random.Next(0, 30))).ToArray();
        var statistician = new Statistician(7, threads);
        foreach (var level in (double[])[.95, .9])
            Assert.Equal(ClusterBootstrap.Mean(clusters, 7, level), statistician.Mean(clusters, level));
        Cluster[] single = [.. clusters.Select(c => c with { Weight = 1 })];
        Assert.Equal(ClusterBootstrap.Mean(single, 7), statistician.Mean(single));
        var after = clusters.Select(c => c with { Total = c.Total + random.NextDouble() }).ToArray();
        Assert.Equal(ClusterBootstrap.PairedDifference(clusters, after, 7), statistician.PairedDifference(clusters, after));
    }

    [Theory, MemberData(nameof(Settings))]
    public void Percentiles_have_the_bits_of_the_slow_reference(int layout, int threads)
    {
        var random = new System.Random(layout);
        var strata = Layouts[layout];
        var values = strata.Select(_ => random.NextDouble()).ToArray();
        void Slow(int[] drawn, double[] into) => Fast(drawn, into);
        void Fast(ReadOnlySpan<int> drawn, Span<double> into)
        {
            into.Clear();
            for (var i = 0; i < drawn.Length; i++)
                if (drawn[i] > 0) (into[0], into[1]) = (Math.Max(into[0], values[i]), into[1] + drawn[i] * values[i] * values[i]);
        }

        Assert.Equal(ClusterBootstrap.Percentile(strata, Slow, 2, 7, .9), new Statistician(7, threads).Percentile(strata, Fast, 2, .9));
    }

    [Theory, MemberData(nameof(Settings))]
    public void Tails_have_the_bits_of_resamples_that_are_written_out(int layout, int threads)
    {
        var random = new System.Random(layout);
        // Ties, items of one value, an infinite value, and more values than one block of the table of counts.
        var values = Layouts[layout].Select((_, i) => Enumerable.Range(0, i % 5 == 0 ? 1 : random.Next(1, 60))
            .Select(k => i == 3 && k == 0 ? double.PositiveInfinity : random.Next(3) == 0 ? 1.5 : Math.Exp(4 * random.NextDouble())).ToArray()).ToArray();
        AssertTail(values, Layouts[layout], new Statistician(7, threads), 7);
    }

    [Fact]
    public void Values_over_several_blocks_of_counts_have_the_same_tails()
    {
        var random = new System.Random(5);
        var values = Enumerable.Range(0, 64)
            .Select(_ => Enumerable.Range(0, random.Next(1, 60)).Select(_ => Math.Exp(-8 * random.NextDouble())).ToArray()).ToArray();
        AssertTail(values, [.. values.Select((_, i) => i % 4 == 0 ? "a" : "b")], new Statistician(8, 2), 8);
    }

    private static void AssertTail(double[][] values, string[] strata, Statistician statistician, ulong seed)
    {
        double[] means = [.. values.Select(v => FixedOrderSum.Mean(v))];
        // The slow reference: every resample written out and sorted.
        var expected = ClusterBootstrap.Percentile(strata, (drawn, into) =>
        {
            var tokens = values.SelectMany((v, i) => Enumerable.Repeat(v, drawn[i]).SelectMany(x => x)).ToArray();
            var items = means.SelectMany((m, i) => Enumerable.Repeat(m, drawn[i])).ToArray();
            Array.Sort(tokens);
            Array.Sort(items);
            for (var k = 0; k < TailEstimates.Probabilities.Length; k++) into[k] = OrderStatistics.Quantile(tokens, TailEstimates.Probabilities[k]);
            into[^3] = OrderStatistics.TailMean(tokens, .99m);
            into[^2] = OrderStatistics.TailMean(items, .90m);
            into[^1] = OrderStatistics.TrimmedMean(items, .05m);
        }, 9, seed);
        var found = statistician.Tail(values, strata);
        Assert.Equal(expected[..5], found.Quantiles[..5]);
        Assert.Equal((expected[5].Value, "a maximum has no interval"), (found.Quantiles[5].Value, found.Quantiles[5].Method));
        Assert.False(found.Quantiles[5].HasInterval);
        Assert.Equal((expected[6], expected[7], expected[8]), (found.Cvar99, found.Cvar90Items, found.TrimmedItems));
    }

    [Fact]
    public void Nothing_measured_has_no_tail()
    {
        var found = new Statistician(1).Tail([], []);
        Assert.True(double.IsNaN(found.Cvar99.Value) && found.Quantiles.All(q => double.IsNaN(q.Value)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Statistician(1).Tail([[], [1]], ["", ""]));
        Assert.Throws<ArgumentException>(() => new Statistician(1).Tail([1, 2, 3], [1, 1], ["", ""]));
    }

    [Fact]
    public void Draws_are_kept_for_two_layouts_and_made_anew_for_large_ones()
    {
        var statistician = new Statistician(3, 2);
        var random = new System.Random(1);
        foreach (var n in (int[])[40, 50, 60, 40, 600, 60, 50])
        {
            var clusters = Enumerable.Range(0, n).Select(_ => new Cluster("", random.NextDouble())).ToArray();
            Assert.Equal(n > 400, (long)n * ClusterBootstrap.Replicates > Statistician.KeptBytes);
            Assert.Equal(ClusterBootstrap.Mean(clusters, 3), statistician.Mean(clusters));
            Assert.InRange(statistician.KeptLayouts, 1, 2);
        }
    }

    [Fact]
    public void A_contrast_of_equal_weights_is_the_paired_difference()
    {
        var random = new System.Random(2);
        var before = Layouts[3].Select(s => new Cluster(s, random.NextDouble(), 1 + random.Next(9))).ToArray();
        var after = before.Select(c => c with { Total = c.Total + random.NextDouble() - .3 }).ToArray();
        var statistician = new Statistician(4, 2);
        var (expected, found) = (statistician.PairedDifference(before, after), statistician.Difference(after, before));
        Assert.Equal(expected.Value, found.Value, 1e-13);
        Assert.Equal(expected.Low, found.Low, 1e-12);
        Assert.Equal(expected.High, found.High, 1e-12);
    }

    [Fact]
    public void The_error_of_a_log_ratio_is_the_spread_of_its_resamples()
    {
        var random = new System.Random(6);
        var (above, below) = (new Cluster[400], new Cluster[400]);
        for (var i = 0; i < above.Length; i++)
        {
            var common = Math.Exp(random.NextDouble());
            above[i] = new Cluster($"{i % 2}", common * 5 * (1 + random.NextDouble()), random.Next(3, 7));
            below[i] = new Cluster($"{i % 2}", common * 2, random.Next(1, 3));
        }

        var statistician = new Statistician(4, 2);
        var found = statistician.LogRatio(above, below);
        Assert.Equal(found, new Statistician(4, 1).LogRatio(above, below));
        // The percentile interval of the plain statistic, whose form is another: near each other at 400 clusters.
        string[] strata = [.. above.Select(c => c.Stratum)];
        var plain = statistician.Percentile(strata, (drawn, into) => into[0] = Math.Log(Mean(above, drawn) / Mean(below, drawn)), 1)[0];
        Assert.Equal(plain.Value, found.Value, 1e-13);
        Assert.Equal(plain.Low, found.Low, .05 * (plain.High - plain.Low));
        Assert.Equal(plain.High, found.High, .05 * (plain.High - plain.Low));
        var opposite = statistician.LogRatio(below, above);
        Assert.Equal(-found.Value, opposite.Value, 1e-13);
        Assert.Equal(-found.Low, opposite.High, 1e-12);
        Assert.Equal(-found.High, opposite.Low, 1e-12);

        static double Mean(Cluster[] clusters, ReadOnlySpan<int> drawn)
        {
            double[] totals = new double[2], weights = new double[2];
            for (var i = 0; i < clusters.Length; i++)
            {
                totals[i % 2] += drawn[i] * clusters[i].Total;
                weights[i % 2] += drawn[i] * clusters[i].Weight;
            }

            return (totals[0] / weights[0] + totals[1] / weights[1]) / 2;
        }
    }

    [Fact]
    public void Log_ratios_cover_about_what_they_say()
    {
        const int runs = 200;
        var random = new System.Random(20261130);
        var covered = 0;
        for (var run = 0; run < runs; run++)
        {
            var (above, below) = (new Cluster[40], new Cluster[40]);
            for (var i = 0; i < 40; i++)
            {
                var (size, other, common) = (random.Next(1, 9), random.Next(1, 9), .5 - Math.Log(1 - random.NextDouble()));
                above[i] = new Cluster("", size * common * 2 * random.NextDouble(), size);
                below[i] = new Cluster("", other * common * 6 * random.NextDouble(), other);
            }

            // The expectation of each value is 1.5, and thrice that.
            var found = new Statistician((ulong)run) { Replicates = 999 }.LogRatio(above, below);
            if (found.Low <= -Math.Log(3) && found.High >= -Math.Log(3)) covered++;
        }

        // Binomial(200, .95) lies in [179, 199] with probability above .997; a bootstrap-t of skewed clusters may cover a little more.
        Assert.InRange(covered, 179, 200);
    }

    [Fact]
    public void Two_sets_of_items_are_contrasted_through_strata_of_their_own()
    {
        var random = new System.Random(8);
        var a = Enumerable.Range(0, 50).Select(_ => 1 + random.NextDouble()).ToArray();
        var b = Enumerable.Range(0, 80).Select(_ => 4 + random.NextDouble()).ToArray();
        Cluster[] first = [.. a.Select(v => new Cluster("a", v)), .. b.Select(_ => new Cluster("b", 0, 0))];
        Cluster[] second = [.. a.Select(_ => new Cluster("a", 0, 0)), .. b.Select(v => new Cluster("b", v))];
        var found = new Statistician(1).Difference(first, second);
        Assert.Equal(a.Average() - b.Average(), found.Value, 1e-13);
        // Errors of independent means add up in squares; with as many clusters the interval is nearly normal.
        var error = Math.Sqrt(Math.Pow(FixedOrderSum.StandardDeviation(a), 2) / 50 + Math.Pow(FixedOrderSum.StandardDeviation(b), 2) / 80);
        Assert.Equal(2 * 1.96 * error, found.High - found.Low, .3 * error);
        Assert.Equal(Math.Log(a.Average() / b.Average()), new Statistician(1).LogRatio(first, second).Value, 1e-13);
    }

    [Fact]
    public void A_log_ratio_of_nothing_above_0_is_no_number()
    {
        Cluster[] none = [.. Enumerable.Repeat(new Cluster("", 0), 40)], some = [.. Enumerable.Range(0, 40).Select(i => new Cluster("", i))];
        Assert.Equal((false, "a mean is not finite and above 0"), Of(new Statistician(1).LogRatio(none, some)));
        Assert.Equal((false, "fewer than 30 clusters"), Of(new Statistician(1).LogRatio(some[..29], some[..29])));
        Assert.Equal((false, "no data"), Of(new Statistician(1).LogRatio([], [])));
        Assert.Equal((true, "no variation between clusters"), Of(new Statistician(1).LogRatio(some, some)));
        Assert.Equal(0, new Statistician(1).LogRatio(some, some).Value);
        Assert.Throws<ArgumentException>(() => new Statistician(1).LogRatio(some, some[1..]));
        Assert.Throws<ArgumentException>(() => new Statistician(1).Difference(some, [.. some.Select(c => c with { Weight = double.PositiveInfinity })]));
        // The resamples without the one item, more than a third, have a mean of 0 above the line: no upper bound can be given.
        var one = some.Select((c, i) => c with { Total = i == 0 ? 1 : 0 }).ToArray();
        Assert.Equal(double.PositiveInfinity, new Statistician(1).LogRatio(one, [.. some.Select((_, i) => new Cluster("", 1 + i % 3))]).High);

        static (bool, string) Of(Estimate e) => (e.HasInterval, e.Method);
    }

    [Fact]
    public void Progress_counts_every_resample_and_cancellation_ends_a_call()
    {
        var clusters = Enumerable.Range(0, 40).Select(i => new Cluster("", i)).ToArray();
        var progress = new Reports();
        new Statistician(1, 2, progress).Mean(clusters);
        Assert.Equal(ClusterBootstrap.Replicates, progress.Highest);
        Assert.True(progress.Calls > 10);
        foreach (var threads in (int[])[1, 2])
        {
            using var source = new CancellationTokenSource();
            var called = 0;
            var statistician = new Statistician(1, threads, cancellationToken: source.Token);
            Assert.ThrowsAny<OperationCanceledException>(() => statistician.Percentile([.. clusters.Select(c => c.Stratum)], (_, _) =>
            {
                if (Interlocked.Increment(ref called) == 100) source.Cancel();
            }, 1));
            Assert.InRange(called, 100, 1000);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new Statistician(1, 0));
    }

    private sealed class Reports : IProgress<long>
    {
        private readonly Lock _lock = new();

        public long Highest { get; private set; }

        public int Calls { get; private set; }

        public void Report(long value)
        {
            lock (_lock) (Highest, Calls) = (Math.Max(Highest, value), Calls + 1);
        }
    }
}
