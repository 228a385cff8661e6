using Assay.Evaluation.Metrics;
using static Assay.Tests.Evaluation.Metrics.Scores;

namespace Assay.Tests.Evaluation.Metrics;

public class DivergenceSummaryTests
{
    [Fact]
    public void The_identity_is_exactly_0_everywhere()
    {
        var found = DivergenceSummary.Compute([.. Enumerable.Range(0, 40).Select(i => Item($"{i}", i % 2 == 0 ? "a" : "b", new double[20]))], DivergenceKind.Kl, 1);
        Assert.Equal((0.0, 0.0, 0.0), (found.Headline.Value, found.Headline.Low, found.Headline.High));
        Assert.Equal((0.0, 0.0, 0.0), (found.FirstToken.Value, found.TokenPooled.High, found.FirstTokenShare));
        Assert.Equal(0.0, found.LateOverFirstLogUnfloored);
        Assert.All(found.Quantiles, q => Assert.Equal(0, q.Value.Value));
        Assert.All(found.Curve, b => Assert.Equal(0, b.Mean));
        Assert.Equal((0.0, 0.0, 0.0), (found.WorstItemShare, found.Cvar99Tokens.High, found.LogMean.Value));
        Assert.False(found.HeavyTail);
    }

    [Fact]
    public void Strata_weigh_equally_in_the_headline_and_tokens_in_the_pooled_mean()
    {
        // Item means 2, 4 and 10: (3 + 10) / 2 by strata, 16 / 3 by items, (2 · 1 + 4 · 3 + 10 · 1) / 5 by tokens.
        var found = DivergenceSummary.Compute([Item("1", "a", 2), Item("2", "a", 3, 4, 5), Item("3", "b", 10), Item("none", "c")], DivergenceKind.Kl, 1);
        Assert.Equal(6.5, found.Headline.Value, 1e-14);
        Assert.Equal(16 / 3.0, found.ItemMean, 1e-14);
        Assert.Equal(24 / 5.0, found.TokenPooled.Value, 1e-14);
        Assert.Equal((3, 5L), (found.Items, found.Tokens));
        Assert.Equal((2 + 3 + 10) / 24.0, found.FirstTokenShare, 1e-14);
        Assert.Equal((2 + 3) / 4.0 + 10 / 2.0, found.FirstToken.Value, 1e-14);
        // Without item 3 only stratum a is left: 3; without item 1: (4 + 10) / 2.
        Assert.Equal((3.0, 7.0), (found.LeaveOneOutLow, found.LeaveOneOutHigh));
        Assert.Equal(("3", 10 / 16.0, true), (found.WorstItem, found.WorstItemShare, found.Dominated));
        Assert.Equal([(1, 1, 3, 5.0), (2, 3, 2, 4.5)], found.Curve.Select(b => (b.From, b.To, b.Tokens, b.Mean)));
        Assert.Equal(Math.Exp((Math.Log(2) + Math.Log(4)) / 4 + Math.Log(10) / 2), found.LogMean.Value, 1e-12);
    }

    [Fact]
    public void Each_kind_summarises_its_own_divergence()
    {
        ItemScores[] items = [Item("1", "a", 8)];
        Assert.Equal([8.0, 4, 2], new[] { DivergenceKind.Kl, DivergenceKind.ReverseKl, DivergenceKind.Jsd }.Select(k => DivergenceSummary.Compute(items, k, 1).Headline.Value));
    }

    [Fact]
    public void Infinite_positions_make_the_mean_infinite_with_the_finite_mean_beside_it()
    {
        var items = Random(40, 2);
        items[5] = Item("5", "b", 1, double.PositiveInfinity, 3);
        var found = DivergenceSummary.Compute(items, DivergenceKind.Kl, 1);
        items[5] = Item("5", "b", 1, 3);
        var without = DivergenceSummary.Compute(items, DivergenceKind.Kl, 1);
        Assert.Equal(double.PositiveInfinity, found.Headline.Value);
        Assert.False(found.Headline.HasInterval);
        Assert.Equal(1, found.InfinitePositions);
        Assert.Equal(without.Headline.Value, found.FiniteHeadline.Value, 1e-14);
        Assert.Equal(without.Headline.Low, found.FiniteHeadline.Low, 1e-12);
        Assert.Equal("5", found.WorstItem);
        Assert.True(found.Dominated);
        Assert.Equal(double.PositiveInfinity, found.Quantiles[^1].Value.Value);
        Assert.True(double.IsFinite(found.Quantiles[0].Value.High));
    }

    [Fact]
    public void The_order_of_items_and_the_names_of_strata_change_no_point_estimate()
    {
        var items = Random(50, 3);
        var one = DivergenceSummary.Compute(items, DivergenceKind.Kl, 1);
        var other = DivergenceSummary.Compute([.. items.Reverse().Select(i => i with { Stratum = i.Stratum == "a" ? "z" : "c" })], DivergenceKind.Kl, 1);
        Assert.Equal(one.Headline.Value, other.Headline.Value, 1e-13);
        Assert.Equal(one.TokenPooled.Value, other.TokenPooled.Value, 1e-13);
        Assert.Equal(one.Quantiles.Select(q => q.Value.Value), other.Quantiles.Select(q => q.Value.Value));
        Assert.Equal(one.WorstItem, other.WorstItem);
        // Another order draws other resamples; their quantiles agree to a tenth of the width.
        Assert.Equal(one.Headline.Low, other.Headline.Low, .1 * (one.Headline.High - one.Headline.Low));
    }

    [Fact]
    public void Intervals_stand_around_their_estimates()
    {
        var found = DivergenceSummary.Compute(Random(64, 4), DivergenceKind.Kl, 1);
        foreach (var e in new[] { found.Headline, found.TokenPooled, found.FirstToken, found.TrimmedMean, found.LogMean, found.Quantiles[0].Value, found.Cvar90Items })
        {
            Assert.True(e.HasInterval, e.ToString());
            Assert.InRange(e.Value, e.Low, e.High);
            Assert.True(e.Low < e.High);
        }
        Assert.False(found.Quantiles[^1].Value.HasInterval);
    }

    [Fact]
    public void A_single_bad_item_stamps_the_interval()
    {
        ItemScores[] items = [.. Random(40, 5), Item("bad", "a", 500)];
        var found = DivergenceSummary.Compute(items, DivergenceKind.Kl, 1);
        Assert.True(found.Dominated && found.ItemVariation > 3);
        Assert.Contains("HEAVY-TAIL", found.Headline.Method, StringComparison.Ordinal);
        Assert.Equal("bad", found.WorstItem);
        Assert.DoesNotContain("HEAVY-TAIL", DivergenceSummary.Compute(items[..40], DivergenceKind.Kl, 1).Headline.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Late_tokens_are_held_against_first_tokens_of_the_same_items()
    {
        // The short item's first token does not count.
        double[] reaching = [2, .. new double[14], 3, 5];
        var found = DivergenceSummary.Compute([Item("1", "a", reaching), Item("2", "a", 100)], DivergenceKind.Kl, 1);
        Assert.Equal(Math.Log(2), found.LateOverFirstLogUnfloored!.Value, 1e-14);
        Assert.Equal(1, found.ItemsOf16);
        Assert.Null(DivergenceSummary.Compute([Item("2", "a", 100)], DivergenceKind.Kl, 1).LateOverFirstLogUnfloored);
    }

    [Fact]
    public void No_items_give_no_numbers_and_no_crash()
    {
        var found = DivergenceSummary.Compute([], DivergenceKind.Kl, 1);
        Assert.True(double.IsNaN(found.Headline.Value));
        Assert.Empty(found.Curve);
        Assert.Null(found.WorstItem);
    }
}
