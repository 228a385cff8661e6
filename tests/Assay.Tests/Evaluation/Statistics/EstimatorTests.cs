using Assay.Evaluation.Statistics;
using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.Distributions;

namespace Assay.Tests.Evaluation.Statistics;

/// <summary>Estimators against MathNet, hand calculation, slow references and properties.</summary>
public class EstimatorTests
{
    [Fact]
    public void F_and_chi_square_agree_with_MathNet()
    {
        foreach (var (above, below) in new[] { (1.0, 3.0), (2, 398), (7, 1.5), (40, 40) })
            foreach (var f in (double[])[.01, .4, 1, 2.7, 30])
            {
                Assert.Equal(FisherSnedecor.CDF(above, below, f), FisherDistribution.Cumulative(f, above, below), 1e-11);
                var p = FisherDistribution.Cumulative(f, above, below);
                if (p is > 1e-3 and < .999) Assert.Equal(f, FisherDistribution.Quantile(p, above, below), 1e-8 * f);
            }

        foreach (var degrees in (double[])[.5, 1, 4, 33])
            foreach (var x in (double[])[.01, 1, 5, 60])
                Assert.Equal(1 - ChiSquared.CDF(degrees, x), ChiSquareDistribution.Survival(x, degrees), 1e-11);
        Assert.Equal((1.0, 0.0), (ChiSquareDistribution.Survival(0, 3), FisherDistribution.Cumulative(0, 2, 3)));
    }

    [Fact]
    public void Clopper_Pearson_bounds_put_their_share_beyond_the_count()
    {
        foreach (var (count, n) in new[] { (3L, 17L), (1, 400), (60, 61) })
        {
            var found = ClopperPearsonInterval.Compute(count, n, .9);
            Assert.Equal(.05, 1 - Binomial.CDF(found.Low, (int)n, count - 1), 1e-9);
            Assert.Equal(.05, Binomial.CDF(found.High, (int)n, count), 1e-9);
        }

        Assert.False(ClopperPearsonInterval.Compute(0, 0).HasInterval);
    }

    [Fact]
    public void A_Fieller_interval_of_a_sharp_denominator_is_the_numerators_over_it()
    {
        var found = FiellerInterval.Compute(3, 2, .04, 0, 0, 1e6);
        Assert.Equal((3 - 1.959964 * .2) / 2, found.Low, 1e-5);
        Assert.Equal((3 + 1.959964 * .2) / 2, found.High, 1e-5);
        Assert.Equal("the denominator does not differ from 0", FiellerInterval.Compute(3, 2, .04, 1.1, 0, 1e6).Method);
    }

    [Fact]
    public void Components_of_made_effects_are_found()
    {
        const int items = 400, templates = 60, repeats = 2;
        var random = new System.Random(9);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var item = Enumerable.Range(0, items).Select(_ => Normal()).ToArray();
        var template = Enumerable.Range(0, templates).Select(_ => .5 * Normal()).ToArray();
        var values = new double[items * templates * repeats];
        for (var c = 0; c < items * templates; c++)
        {
            var cell = item[c / templates] + template[c % templates] + .4 * Normal() - 3;
            for (var r = 0; r < repeats; r++) values[c * repeats + r] = cell + .3 * Normal();
        }

        var found = CrossedComponents.Compute(values, items, templates, repeats);
        // Five standard errors of each: √(2 / degrees of freedom), at the largest.
        Assert.Equal(1, found.Item, 5 * Math.Sqrt(2.0 / items));
        Assert.Equal(.25, found.Template, 5 * .25 * Math.Sqrt(2.0 / templates));
        Assert.Equal(.16, found.Interaction, .01);
        Assert.Equal(.09, found.Residual, .005);
        // From the true components.
        Assert.Equal(.25 / 1.5, found.TemplateShare, .1);
        Assert.Equal(Math.Sqrt(1.0 / items + .25 / templates), found.StandardError, .03);
        Assert.Equal(Math.Exp(1.96 * .5), found.Fragility, 1.2);
        Assert.Equal(Math.Exp(1.96 * found.StandardError), found.Factor, 1e-12);
        Assert.Equal(Math.Exp(template.Max() - template.Min()), found.TemplateRange, 1.5);
    }

    [Fact]
    public void Negative_components_are_shown_and_count_as_0()
    {
        // Items differ and templates are exact opposites within each: the template's mean square is 0.
        double[] values = [1, 1.1, -1, -1.1, -1, -.9, 1, .9];
        var found = CrossedComponents.Compute(values, 2, 2, 2);
        Assert.True(found.Template < 0 && found.Item < 0 && found.Interaction > 0, found.ToString());
        Assert.Equal((0.0, Math.Exp(1.96 * Math.Sqrt(found.Interaction / 2))), (found.TemplateShare, found.Fragility));
        Assert.Equal(Math.Sqrt(found.Interaction / 4 + found.Residual / 8), found.StandardError, 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => CrossedComponents.Compute(values, 4, 2, 1));
        Assert.Throws<ArgumentException>(() => CrossedComponents.Compute(values, 2, 3, 2));
        Assert.Throws<ArgumentException>(() => CrossedComponents.Compute([.. values[..7], double.NegativeInfinity], 2, 2, 2));
    }

    /// <summary>The nearest monotone sequence: the largest over starts of the least over ends of the means between (Robertson and Wright's formula).</summary>
    [Fact]
    public void Pooling_adjacent_violators_is_the_max_min_formula() => Prop.ForAll(Gen.ListOf(Gen.Choose(-20, 20).Two()).ToArbitrary(), drawn =>
    {
        double[] y = [.. drawn.Select(d => (double)d.Item1)], w = [.. drawn.Select(d => 1.0 + Math.Abs(d.Item2))];
        var found = IsotonicRegression.Increasing(y, w);
        for (var i = 0; i < y.Length; i++)
        {
            var expected = Enumerable.Range(0, i + 1).Max(a => Enumerable.Range(i, y.Length - i).Min(b =>
                Enumerable.Range(a, b - a + 1).Sum(k => w[k] * y[k]) / Enumerable.Range(a, b - a + 1).Sum(k => w[k])));
            Assert.Equal(expected, found[i], 1e-9);
        }

        Assert.Equal(found.Select(v => -v), IsotonicRegression.Decreasing([.. y.Select(v => -v)], w));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Weights_that_fit_no_regression_are_refused()
    {
        Assert.Throws<ArgumentException>(() => IsotonicRegression.Increasing([1, 2], [1, 0]));
        Assert.Throws<ArgumentException>(() => IsotonicRegression.Increasing([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => IsotonicRegression.Increasing([1, double.NaN]));
        Assert.Equal([1.5, 1.5], IsotonicRegression.Increasing([2, 1]));
    }

    [Fact]
    public void Calibration_by_hand()
    {
        // Fewer predictions than bins: each stands alone.
        var found = Calibration.Compute([.9, .6, .2], [true, false, false]);
        Assert.Equal((.1 + .6 + .2) / 3, found.ExpectedError, 1e-15);
        Assert.Equal((.01 + .36 + .04) / 3, found.Brier, 1e-15);
        // One confidence for all, half of them right, in turn: bins of two have no error, which one bin more would.
        Assert.Equal(0, Calibration.Compute([.. Enumerable.Repeat(.5, 30)], [.. Enumerable.Range(0, 30).Select(i => i % 2 == 0)]).ExpectedError, 1e-15);
        Assert.Equal(0, Calibration.Compute([], []).N);
        Assert.True(double.IsNaN(Calibration.Compute([], []).Brier));
    }

    [Fact]
    public void The_area_under_the_curve_counts_pairs()
    {
        var random = new System.Random(2);
        double[][] Values(int shift) =>
            [.. Enumerable.Range(0, 40).Select(i => Enumerable.Range(0, i % 4).Select(_ => (double)random.Next(0, 9) + shift).ToArray())];
        var (positives, negatives) = (Values(2), Values(0));
        var pairs = (from a in positives.SelectMany(v => v) from b in negatives.SelectMany(v => v) select a > b ? 1 : a == b ? .5 : 0).ToArray();
        string[] strata = [.. positives.Select((_, i) => $"{i % 2}")];
        var found = new Statistician(1, 2).Auc(positives, negatives, strata);
        Assert.Equal(pairs.Average(), found.Value, 1e-14);
        Assert.InRange(found.Value, found.Low + .02, found.High - .02);
        // The slow reference: every resample's pairs counted.
        var slow = ClusterBootstrap.Percentile(strata, (drawn, into) =>
        {
            double wins = 0, all = 0;
            for (var i = 0; i < drawn.Length; i++)
                for (var j = 0; j < drawn.Length; j++)
                    foreach (var a in drawn[i] > 0 ? positives[i] : [])
                        foreach (var b in drawn[j] > 0 ? negatives[j] : [])
                            (wins, all) = (wins + drawn[i] * drawn[j] * (a > b ? 1 : a == b ? .5 : 0), all + drawn[i] * drawn[j]);
            into[0] = wins / all;
        }, 1, 1)[0];
        Assert.Equal(slow, found);
        Assert.Equal("no negatives", new Statistician(1).Auc([[1]], [[]], [""]).Method);
        Assert.Throws<ArgumentException>(() => new Statistician(1).Auc([[1]], [[]], ["", ""]));
    }

    [Fact]
    public void Infinite_ratios_rank_and_NaN_is_refused()
    {
        var found = new Statistician(1).Auc([.. Enumerable.Repeat<double[]>([double.PositiveInfinity], 30)],
            [.. Enumerable.Repeat<double[]>([double.NegativeInfinity, 0], 30)], [.. Enumerable.Repeat("", 30)]);
        Assert.Equal((1.0, 1.0, 1.0), (found.Value, found.Low, found.High));
        Assert.Throws<ArgumentException>(() => new Statistician(1).Auc([[double.NaN]], [[1]], [""]));
    }

    [Fact]
    public void A_sandwich_interval_is_the_t_interval_of_single_values()
    {
        var random = new System.Random(1);
        var values = Enumerable.Range(0, 12).Select(_ => random.NextDouble()).ToArray();
        var found = SandwichMean.Compute([.. values.Select(v => new Cluster("", v))]);
        var half = StudentT.InvCDF(0, 1, 11, .975) * FixedOrderSum.StandardDeviation(values) / Math.Sqrt(12);
        Assert.Equal(FixedOrderSum.Mean(values) - half, found.Low, 1e-9);
        Assert.Equal(FixedOrderSum.Mean(values) + half, found.High, 1e-9);
        Assert.False(SandwichMean.Compute([new("", 1)]).HasInterval);
        Assert.False(SandwichMean.Compute([]).HasInterval);
        Assert.False(SandwichMean.Compute([new("", 1), new("", double.PositiveInfinity)]).HasInterval);
    }
}
