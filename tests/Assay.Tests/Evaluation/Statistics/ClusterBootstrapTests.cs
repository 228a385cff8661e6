using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public class ClusterBootstrapTests
{
    [Fact]
    public void Intervals_of_clustered_means_cover_about_what_they_say()
    {
        const int runs = 150;
        var random = new System.Random(20261124);
        var covered = 0;
        for (var run = 0; run < runs; run++)
        {
            // Skewed clusters of unequal size; every token's expectation is 1.
            var clusters = Enumerable.Range(0, 40).Select(_ =>
            {
                var (effect, size) = (-Math.Log(1 - random.NextDouble()), random.Next(1, 20));
                return new Cluster("", effect * size, size);
            }).ToArray();
            var found = ClusterBootstrap.Mean(clusters, (ulong)run);
            if (found.Low <= 1 && found.High >= 1) covered++;
        }
        // Binomial(150, .95) lies in [133, 150] with probability above .998; intervals that take tokens for independent cover far less.
        Assert.InRange(covered, 133, 150);
    }

    [Fact]
    public void Intervals_are_not_wider_than_asked()
    {
        var random = new System.Random(3);
        var covered = 0;
        for (var run = 0; run < 200; run++)
        {
            var clusters = Enumerable.Range(0, 30).Select(_ => new Cluster("", random.NextDouble() - .5)).ToArray();
            var found = ClusterBootstrap.Mean(clusters, (ulong)run, .5);
            if (found.Low <= 0 && found.High >= 0) covered++;
        }
        // Binomial(200, .5): five standard deviations around 100.
        Assert.InRange(covered, 65, 135);
    }

    [Fact]
    public void A_tail_to_the_right_stretches_the_interval_to_the_right()
    {
        var found = ClusterBootstrap.Mean([.. Enumerable.Range(0, 60).Select(i => new Cluster("", Math.Exp(i / 15.0)))], 1);
        Assert.True(found.High - found.Value > 1.1 * (found.Value - found.Low), found.ToString());
    }

    [Fact]
    public void A_single_differing_cluster_leaves_the_mean_unbounded_above_and_not_above_0()
    {
        // More than a third of the resamples miss it and have no spread: no upper bound can be given, and none is made up.
        var found = ClusterBootstrap.Mean([.. Enumerable.Range(0, 40).Select(i => new Cluster("", i == 0 ? 1 : 0))], 1);
        Assert.Equal(double.PositiveInfinity, found.High);
        Assert.InRange(found.Low, -1, 0);
    }

    [Fact]
    public void Many_even_clusters_give_the_normal_interval()
    {
        var random = new System.Random(7);
        var values = Enumerable.Range(0, 2000).Select(_ => random.NextDouble()).ToArray();
        var found = ClusterBootstrap.Mean([.. values.Select(v => new Cluster("", v))], 1);
        var error = FixedOrderSum.StandardDeviation(values) / Math.Sqrt(values.Length);
        Assert.Equal(found.Value - 1.96 * error, found.Low, .1 * error);
        Assert.Equal(found.Value + 1.96 * error, found.High, .1 * error);
    }

    [Fact]
    public void Strata_are_weighted_equally_and_kept_apart()
    {
        // Two strata far apart and constant within: nothing varies, though a plain bootstrap would see a great spread.
        Cluster[] clusters = [.. Enumerable.Repeat(new Cluster("a", 1), 40), .. Enumerable.Repeat(new Cluster("b", 5), 10)];
        var found = ClusterBootstrap.Mean(clusters, 1);
        Assert.Equal((3.0, 3.0, 3.0), (found.Value, found.Low, found.High));
    }

    [Fact]
    public void Standard_errors_of_strata_add_up_by_hand()
    {
        // Stratum a: 0 and 2, squared error of the mean 1; stratum b: 3 and 3. Half of each: √(1/4).
        Cluster[] clusters = [new("a", 0), new("a", 2), new("b", 3), new("b", 3)];
        Assert.Equal(.5, ClusterBootstrap.StandardError(clusters), 1e-15);
    }

    [Fact]
    public void Singletons_keep_their_share_and_are_resampled_together()
    {
        Cluster[] clusters = [.. Enumerable.Range(0, 40).Select(i => new Cluster($"{i}", i * 10, 10))];
        var found = ClusterBootstrap.Mean(clusters, 1);
        Assert.Equal(19.5, found.Value, 1e-12);
        Assert.InRange(found.Low, 13, 19);
    }

    [Fact]
    public void Fewer_than_thirty_clusters_give_no_interval()
    {
        var clusters = Enumerable.Range(0, 30).Select(i => new Cluster("", i)).ToArray();
        Assert.False(ClusterBootstrap.Mean(clusters[1..], 1).HasInterval);
        Assert.True(ClusterBootstrap.Mean(clusters, 1).HasInterval);
        Assert.False(ClusterBootstrap.Mean([], 1).HasInterval);
    }

    [Fact]
    public void An_infinite_cluster_makes_the_mean_infinite_without_an_interval()
    {
        var found = ClusterBootstrap.Mean([.. Enumerable.Range(0, 30).Select(i => new Cluster("", i == 3 ? double.PositiveInfinity : i))], 1);
        Assert.Equal(double.PositiveInfinity, found.Value);
        Assert.False(found.HasInterval);
    }

    [Fact]
    public void Names_of_strata_change_nothing_and_equal_seeds_give_equal_bits()
    {
        var random = new System.Random(9);
        var clusters = Enumerable.Range(0, 50).Select(i => new Cluster(i % 3 == 0 ? "z" : "a", random.NextDouble())).ToArray();
        var found = ClusterBootstrap.Mean(clusters, 4);
        Assert.Equal(found, ClusterBootstrap.Mean([.. clusters.Select(c => c with { Stratum = c.Stratum == "z" ? "b" : "y" })], 4));
        Assert.NotEqual(found.Low, ClusterBootstrap.Mean(clusters, 5).Low);
    }

    [Fact]
    public void A_paired_difference_is_the_mean_of_differences()
    {
        var random = new System.Random(2);
        var before = Enumerable.Range(0, 40).Select(_ => new Cluster("", 100 * random.NextDouble(), 10)).ToArray();
        var after = before.Select((c, i) => c with { Total = c.Total + (i % 2 == 0 ? 1 : 3) }).ToArray();
        var found = ClusterBootstrap.PairedDifference(before, after, 1);
        Assert.Equal(.2, found.Value, 1e-12);
        // The spread between clusters, thirty times the difference's, has gone.
        Assert.InRange(found.High - found.Low, .03, .15);
        Assert.Throws<ArgumentException>(() => ClusterBootstrap.PairedDifference(before, after[1..], 1));
    }

    [Fact]
    public void The_percentile_interval_of_a_median_covers_it()
    {
        var covered = 0;
        for (var run = 0; run < 60; run++)
        {
            var random = new System.Random(run);
            var values = Enumerable.Range(0, 41).Select(_ => random.NextDouble()).Order().ToArray();
            var found = ClusterBootstrap.Percentile([.. values.Select(_ => "")], (drawn, into) => into[0] = Median(values, drawn), 1, (ulong)run)[0];
            Assert.Equal(values[20], found.Value);
            if (found.Low <= .5 && found.High >= .5) covered++;
        }
        Assert.InRange(covered, 50, 60);

        static double Median(double[] values, int[] drawn)
        {
            var seen = 0;
            for (var i = 0; ; i++) if ((seen += drawn[i]) > values.Length / 2) return values[i];
        }
    }

    [Fact]
    public void Draws_are_uniform_and_differ_by_stream()
    {
        var counts = new int[10];
        for (ulong stream = 0; stream < 1000; stream++)
        {
            var random = new BootstrapRandom(1, stream);
            for (var k = 0; k < 100; k++) counts[random.Index(10)]++;
        }
        // χ² with 9 degrees of freedom exceeds 33.7 once in ten thousand.
        Assert.InRange(counts.Sum(c => (c - 10_000.0) * (c - 10_000.0) / 10_000), 0, 33.7);
        Assert.NotEqual(new BootstrapRandom(1, 0).Next(), new BootstrapRandom(1, 1).Next());
    }
}
