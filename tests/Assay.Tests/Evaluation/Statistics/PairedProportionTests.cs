using Assay.Evaluation.Statistics;
using MathNet.Numerics.Distributions;

namespace Assay.Tests.Evaluation.Statistics;

public class PairedProportionTests
{
    [Theory]
    [InlineData(400, .05, 3.1)]
    [InlineData(400, .10, 4.4)]
    [InlineData(1319, .05, 1.7)]
    [InlineData(1319, .10, 2.4)]
    public void The_least_difference_found_is_the_protocols(double pairs, double discordance, double points) =>
        Assert.Equal(points, 100 * PairedProportionPower.MinimumDetectable(pairs, discordance), .05);

    [Theory]
    [InlineData(.05, 1071, 1353)]
    [InlineData(.10, 2141, 2706)]
    public void Pairs_to_certify_two_points_are_the_protocols(double discordance, long nonInferiority, long equivalence)
    {
        Assert.Equal(nonInferiority, PairedProportionPower.PairsForNonInferiority(.02, discordance));
        Assert.Equal(equivalence, PairedProportionPower.PairsForEquivalence(.02, discordance));
    }

    /// <summary>protocol.md, Organisms: "Power of one certification at 2 pp without true loss", simulated there and printed to two digits.</summary>
    [Theory]
    [InlineData(200, .02, .47)]
    [InlineData(200, .05, .31)]
    [InlineData(200, .10, .22)]
    [InlineData(1200, .02, 1)]
    [InlineData(1200, .05, .93)]
    [InlineData(1200, .10, .69)]
    [InlineData(2706, .02, 1)]
    [InlineData(2706, .05, 1)]
    [InlineData(2706, .10, .96)]
    public void The_power_of_one_certification_is_the_protocols(int pairs, double discordance, double power) =>
        Assert.Equal(power, PairedProportionPower.Certification(pairs, discordance, .02), .015);

    [Fact]
    public void No_n_below_133_certifies_two_points()
    {
        Assert.Equal(133, PairedProportionPower.LeastPairs(.02));
        Assert.True(TangoInterval.Compute(0, 0, 133, .9).Low > -.02);
        Assert.False(TangoInterval.Compute(0, 0, 132, .9).Low > -.02);
        Assert.Equal((0.0, 1.0), (PairedProportionPower.Certification(132, 0, .02), PairedProportionPower.Certification(133, 0, .02)));
        // Beyond 133 pairs, few enough of them differ to need fewer by the normal approximation.
        Assert.Equal(133, PairedProportionPower.PairsForNonInferiority(.02, .001));
    }

    [Fact]
    public void Certification_agrees_with_a_simulation_of_intervals()
    {
        var random = new System.Random(4);
        var held = 0;
        for (var run = 0; run < 4_000; run++)
        {
            int up = 0, down = 0;
            for (var k = 0; k < 300; k++)
            {
                var draw = random.NextDouble();
                if (draw < .01) up++;
                else if (draw < .035) down++;
            }

            if (TangoInterval.Compute(up, down, 300, .9).Low > -.04) held++;
        }

        // 4,000 runs: a standard error of at most .008.
        Assert.Equal(held / 4_000.0, PairedProportionPower.Certification(300, .035, .04, difference: -.015), .03);
    }

    [Theory]
    [InlineData(400, .10, .02)]
    [InlineData(200, .05, .02)]
    [InlineData(400, .05, 0)]
    public void The_smallest_loss_beyond_a_margin_is_found_in_four_of_five_simulated_runs(int pairs, double discordance, double margin)
    {
        var loss = PairedProportionPower.SmallestBeyond(pairs, discordance, margin);
        var differ = Math.Max(loss, discordance);
        var (random, found) = (new System.Random(5), 0);
        for (var run = 0; run < 2_000; run++)
        {
            int up = 0, down = 0;
            for (var k = 0; k < pairs; k++)
            {
                var draw = random.NextDouble();
                if (draw < (differ - loss) / 2) up++;
                else if (draw < differ) down++;
            }

            if (TangoInterval.Compute(up, down, pairs).High < -margin) found++;
        }

        Assert.Equal(.8, found / 2_000.0, .08);
    }

    [Fact]
    public void Without_a_margin_it_is_the_least_difference_and_of_a_few_pairs_there_is_none()
    {
        // Up to the spread that the difference itself has: the discordance less its square.
        Assert.Equal(PairedProportionPower.MinimumDetectable(40_000, .10), PairedProportionPower.SmallestBeyond(40_000, .10, 0), 5e-5);
        Assert.Equal(double.PositiveInfinity, PairedProportionPower.SmallestBeyond(1, .05, .5));
    }

    [Fact]
    public void The_normal_distribution_is_that_of_MathNet()
    {
        for (var x = -6.0; x <= 6; x += .25) Assert.Equal(Normal.CDF(0, 1, x), NormalDistribution.Cumulative(x), 1e-13);
    }

    [Fact]
    public void Eight_tests_of_90_percent_have_43_percent_together() => Assert.Equal(.43, MeanPower.Joint(Enumerable.Repeat(.9, 8)), .005);

    [Fact]
    public void Tango_turns_round_with_its_directions_and_narrows_with_n()
    {
        foreach (var (up, down, n) in new[] { (3, 9, 50), (0, 4, 30), (7, 7, 400), (20, 0, 20), (0, 0, 1) })
        {
            var (found, turned) = (TangoInterval.Compute(up, down, n), TangoInterval.Compute(down, up, n));
            Assert.Equal(-found.Value, turned.Value);
            Assert.Equal(-found.Low, turned.High, 1e-12);
            Assert.Equal(-found.High, turned.Low, 1e-12);
            Assert.True(found.Low <= found.Value && found.Value <= found.High && found.Low >= -1 && found.High <= 1, found.ToString());
            var more = TangoInterval.Compute(10 * up, 10 * down, 10 * n);
            Assert.True(more.High - more.Low < found.High - found.Low);
        }

        Assert.False(TangoInterval.Compute(0, 0, 0).HasInterval);
        Assert.Throws<ArgumentException>(() => TangoInterval.Compute(3, 3, 5));
    }

    [Fact]
    public void Clusters_whose_pairs_are_copies_count_once()
    {
        // Every cluster is one pair, seven times.
        PairedCounts[] copies = [.. Enumerable.Range(0, 120).Select(i => new PairedCounts(i < 9 ? 7 : 0, i is >= 9 and < 13 ? 7 : 0, 7))];
        var (found, once) = (TangoInterval.Clustered(copies), TangoInterval.Compute(9, 4, 120));
        // 7 but for 1/(G − 1) against 1/(n − 1).
        Assert.Equal(7 * (120 / 119.0) / (840 / 839.0), TangoInterval.DesignEffect(copies), 1e-12);
        Assert.Equal(once.Value, found.Value, 1e-15);
        Assert.Equal(once.Low, found.Low, 1e-3);
        Assert.Equal(once.High, found.High, 1e-3);
        Assert.Equal(120, found.N);
        // Flips that avoid each other within clusters must not shrink the interval; without a flip there is nothing to correct.
        Assert.Equal(1, TangoInterval.DesignEffect([.. Enumerable.Repeat(new PairedCounts(1, 1, 4), 30)]));
        Assert.Equal(TangoInterval.Compute(0, 0, 300) with { N = 100 }, TangoInterval.Clustered([.. Enumerable.Repeat(new PairedCounts(0, 0, 3), 100)]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 4)]
    [InlineData(2, 3)]
    [InlineData(0, 11)]
    [InlineData(13, 29)]
    [InlineData(700, 512)]
    public void McNemar_is_twice_the_smaller_binomial_tail(long n10, long n01)
    {
        var expected = n10 == n01 ? 1 : 2 * Binomial.CDF(.5, (int)(n10 + n01), Math.Min(n10, n01));
        Assert.Equal(expected, McNemarTest.Exact(n10, n01), 1e-8 * expected);
        Assert.Equal(McNemarTest.Exact(n10, n01), McNemarTest.Exact(n01, n10));
    }

    [Fact]
    public void McNemar_of_many_flips_keeps_small_p_values()
    {
        // 2⁻¹⁹⁹ = 2 · ½²⁰⁰.
        Assert.Equal(Math.Pow(2, -199), McNemarTest.Exact(0, 200), 1e-12 * Math.Pow(2, -199));
        // The normal approximation of 1,000,000 flips, two standard deviations off.
        Assert.Equal(2 * Normal.CDF(0, 1, -1.999), McNemarTest.Exact(501_000, 499_000), 1e-4);
        Assert.Equal(0, McNemarTest.Exact(0, 100_000));
    }
}
