using Assay.Evaluation.Measures;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class DivergenceMeasureTests
{
    [Fact]
    public void The_identity_is_exactly_0_everywhere()
    {
        ItemScores[] items = [.. Enumerable.Range(0, 40).Select(i => Item($"{i}", i % 2 == 0 ? "a" : "b", new double[20]))];
        var all = Measure(items, new DivergenceMeasure(), new PositionMeasure(), new TailMeasure()).All;
        Assert.Contains(all, m => m.Id == "kld.benign.position.16-31");
        Assert.All(all.Where(m => m.Id != "kld.benign.item_variation"), m => Assert.Equal(0, m.Value.Estimate.Value));
        Assert.All(all.Where(m => m.Value.Estimate.HasInterval), m => Assert.Equal((0.0, 0.0), (m.Value.Estimate.Low, m.Value.Estimate.High)));
        Assert.DoesNotContain("HEAVY-TAIL", all[0].Value.Estimate.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Strata_weigh_equally_in_the_headline_and_tokens_in_the_pooled_mean()
    {
        // Item means 2, 4 and 10: (3 + 10) / 2 by strata, (2 · 1 + 4 · 3 + 10 · 1) / 5 by tokens.
        ItemScores[] items = [Item("1", "a", 2), Item("2", "a", 3, 4, 5), Item("3", "b", 10), Item("none", "c")];
        var found = Divergence(items);
        Assert.Equal(6.5, found("mean").Value, 1e-14);
        Assert.Equal(24 / 5.0, found("token_pooled").Value, 1e-14);
        Assert.Equal((3L, 5L), (found("mean").N, found("infinite_positions").N));
        Assert.Equal((2 + 3 + 10) / 24.0, found("first_token_share").Value, 1e-14);
        Assert.Equal((2 + 3) / 4.0 + 10 / 2.0, found("first_token").Value, 1e-14);
        // Without item 3 only stratum a is left: 3; without item 1: (4 + 10) / 2.
        Assert.Equal((3.0, 7.0), (found("leave_one_out_low").Value, found("leave_one_out_high").Value));
        Assert.Equal(10 / 16.0, found("worst_item_share").Value);
        Assert.EndsWith(" 3", Measure(items, new TailMeasure()).Find("kld.benign.worst_item_share")!.Where.Words, StringComparison.Ordinal);
        Assert.Equal((5.0, 3L, 4.5, 2L), (found("position.1-1").Value, found("position.1-1").N, found("position.2-3").Value, found("position.2-3").N));
        Assert.Equal(Math.Exp((Math.Log(2) + Math.Log(4)) / 4 + Math.Log(10) / 2), found("log_mean").Value, 1e-12);
    }

    [Fact]
    public void Each_kind_summarises_its_own_divergence()
    {
        var found = Measure([Item("1", "a", 8)], new DivergenceMeasure());
        Assert.Equal([8.0, 4, 2], new[] { "kld", "reverse_kld", "jsd" }.Select(k => found.Estimate($"{k}.benign.mean")!.Value.Value));
    }

    [Fact]
    public void Infinite_positions_make_the_mean_infinite_with_the_finite_mean_beside_it()
    {
        var items = Random(40, 2);
        items[5] = Item("5", "b", 1, double.PositiveInfinity, 3);
        var found = Divergence(items);
        items[5] = Item("5", "b", 1, 3);
        var without = Divergence(items);
        Assert.Equal(double.PositiveInfinity, found("mean").Value);
        Assert.False(found("mean").HasInterval);
        Assert.Equal(1, found("infinite_positions").Value);
        Assert.Equal(without("mean").Value, found("finite_mean").Value, 1e-14);
        Assert.Equal(without("mean").Low, found("finite_mean").Low, 1e-12);
        Assert.Equal(1, found("worst_item_share").Value);
        Assert.Equal(double.PositiveInfinity, found("quantile.1").Value);
        Assert.True(double.IsFinite(found("quantile.0.5").High));
    }

    [Fact]
    public void The_order_of_items_and_the_names_of_strata_change_no_point_estimate()
    {
        var items = Random(50, 3);
        var one = Divergence(items);
        var other = Divergence([.. items.Reverse().Select(i => i with { Stratum = i.Stratum == "a" ? "z" : "c" })]);
        Assert.Equal(one("mean").Value, other("mean").Value, 1e-13);
        Assert.Equal(one("token_pooled").Value, other("token_pooled").Value, 1e-13);
        foreach (var q in new[] { "0.5", "0.9", "0.999", "1" }) Assert.Equal(one($"quantile.{q}").Value, other($"quantile.{q}").Value);
        // Another order draws other resamples; their quantiles agree to a tenth of the width.
        Assert.Equal(one("mean").Low, other("mean").Low, .1 * (one("mean").High - one("mean").Low));
    }

    [Fact]
    public void Intervals_stand_around_their_estimates()
    {
        var found = Divergence(Random(64, 4));
        foreach (var e in new[] { "mean", "token_pooled", "first_token", "trimmed_mean", "log_mean", "quantile.0.5", "cvar90_items" }.Select(found))
        {
            Assert.True(e.HasInterval, e.ToString());
            Assert.InRange(e.Value, e.Low, e.High);
            Assert.True(e.Low < e.High);
        }

        Assert.False(found("quantile.1").HasInterval);
    }

    [Fact]
    public void A_single_bad_item_stamps_the_interval()
    {
        ItemScores[] items = [.. Random(40, 5), Item("bad", "a", 500)];
        var found = Divergence(items);
        Assert.True(found("worst_item_share").Value > .25 && found("item_variation").Value > 3);
        Assert.Contains("HEAVY-TAIL", found("mean").Method, StringComparison.Ordinal);
        Assert.DoesNotContain("HEAVY-TAIL", Divergence(items[..40])("mean").Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Late_tokens_are_held_against_first_tokens_of_the_same_items()
    {
        // The short item's first token does not count.
        double[] reaching = [2, .. new double[14], 3, 5];
        var found = Divergence([Item("1", "a", reaching), Item("2", "a", 100)])("late_over_first_unfloored");
        Assert.Equal((Math.Log(2), 1L), (found.Value, found.N));
        Assert.True(double.IsNaN(Divergence([Item("2", "a", 100)])("late_over_first_unfloored").Value));
    }

    [Fact]
    public void No_items_give_no_measurements_and_no_crash() =>
        Assert.Empty(Measure([], new DivergenceMeasure(), new PositionMeasure(), new TailMeasure(), new ConfidenceMeasure(), new AnswerLikelihoodMeasure()).All);

    [Fact]
    public void A_position_is_one_within_an_answer_of_which_an_item_has_several()
    {
        // Answers of 2 and 1 tokens, and of 1 and 3.
        var found = Divergence([Item("1", "a", 1, 5, 2) with { Contexts = [2, 1] }, Item("2", "a", 4, 3, 6, 7) with { Contexts = [1, 3] }]);
        Assert.Equal(((1 + 2) / 2.0 + (4 + 3) / 2.0) / 2, found("first_token").Value, 1e-14);
        Assert.Equal((1 + 2 + 4 + 3) / 4.0, found("position.1-1").Value, 1e-14);
        Assert.Equal((5 + 6 + 7) / 3.0, found("position.2-3").Value, 1e-14);
        Assert.Equal((1 + 2 + 4 + 3) / 28.0, found("first_token_share").Value, 1e-14);
    }
}
