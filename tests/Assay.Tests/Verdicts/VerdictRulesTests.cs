using Assay.Evaluation;
using Assay.Evaluation.Metrics;
using Assay.Evaluation.Vetting;
using Assay.Tests.Evaluation.Metrics;
using Assay.Verdicts;

namespace Assay.Tests.Verdicts;

public class VerdictRulesTests
{
    private static readonly VerdictEvidence s_other = new() { WeightsEqual = false, PackagingEqual = true, MedianCosine = .99 };

    private static PanelEvidence Panel(double value, double low, long n, string name = "benign") => new(name, new Estimate(value, low, 2 * value - low, .95, n, "bootstrap-t"));

    [Theory]
    [InlineData(true, true, Verdict.Identical, "IDENTICAL", 0)]
    [InlineData(true, false, Verdict.Packaging, "PACKAGING", 0)]
    [InlineData(false, true, Verdict.Inconclusive, "INCONCLUSIVE", 2)]
    [InlineData(false, false, Verdict.Inconclusive, "INCONCLUSIVE", 2)]
    public void Hashes_decide_before_anything_is_measured(bool weights, bool packaging, Verdict verdict, string name, int exitCode)
    {
        var found = VerdictRules.Decide(s_other with { WeightsEqual = weights, PackagingEqual = packaging });
        Assert.Equal((verdict, name, exitCode), (found.Verdict, found.Name, found.ExitCode));
        Assert.NotEmpty(found.Reasons);
    }

    [Theory]
    [InlineData("'a' is 3, in the candidate 4.", true, .99)]
    [InlineData(null, false, null)]
    [InlineData(null, true, .499)]
    [InlineData(null, true, double.NaN)]
    public void Another_base_cannot_be_compared_whatever_the_panels_say(string? tokens, bool matched, double? cosine)
    {
        var found = VerdictRules.Decide(s_other with { TokenDifference = tokens, Matched = matched, MedianCosine = cosine, Panels = [Panel(1, .5, 64)],
            Broken = ["It is."] });
        Assert.Equal((Verdict.Incomparable, 65), (found.Verdict, found.ExitCode));
        Assert.Single(found.Reasons);
    }

    [Fact]
    public void Same_weights_under_another_token_map_are_incomparable() =>
        Assert.Equal(Verdict.Incomparable, VerdictRules.Decide(s_other with { WeightsEqual = true, PackagingEqual = false, TokenDifference = "1 is missing." })
            .Verdict);

    [Fact]
    public void Weights_whose_matrices_have_no_cosine_are_measured()
    {
        // All of the candidate is NaN or 0: that is broken, and no other base.
        var found = VerdictRules.Decide(s_other with { MedianCosine = null, Broken = ["The candidate gives logits that are no numbers."] });
        Assert.Equal((Verdict.Broken, "BROKEN", 1), (found.Verdict, found.Name, found.ExitCode));
        Assert.Equal(["The candidate gives logits that are no numbers."], found.Reasons);
    }

    [Theory]
    [InlineData(.0051, Verdict.Degraded, 1)]
    [InlineData(.005, Verdict.Shifted, 0)]
    [InlineData(double.NaN, Verdict.Shifted, 0)]
    public void A_harm_degrades_where_its_lower_bound_is_above_the_margin(double low, Verdict verdict, int exitCode)
    {
        var harm = new HarmEvidence("Probability on ids without a name", new Estimate(.02, low, double.IsNaN(low) ? low : .05, .95, 64, "bootstrap-t"),
            HarmEvidence.UnnamedMargin);
        var found = VerdictRules.Decide(s_other with { Harms = [harm], Panels = [Panel(1, .5, 64)] });
        Assert.Equal((verdict, exitCode), (found.Verdict, found.ExitCode));
        if (verdict == Verdict.Degraded) Assert.Contains("0.51", Assert.Single(found.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_another_order_lose_nothing_only_where_the_measures_agree()
    {
        var same = new ProvenChange(ProofKind.SameFunction, "The weights are the base's in another order.");
        VerdictDecision Decide(ProvenChange? proven, double largest) =>
            VerdictRules.Decide(s_other with { Proven = proven, Agreement = new Agreement(900, 800, largest), Panels = [Panel(largest, largest / 2, 64)] });
        var found = Decide(same, 1e-9);
        Assert.Equal((Verdict.Equivalent, 0), (found.Verdict, found.ExitCode));
        Assert.Contains("Nothing was lost", found.Sentence, StringComparison.Ordinal);
        Assert.Equal(Verdict.Shifted, Decide(same, 1e-3).Verdict);
        Assert.NotEqual(Verdict.Equivalent, Decide(same, double.NaN).Verdict);
        Assert.Equal(Verdict.Shifted, Decide(null, 1e-9).Verdict);
        Assert.Equal(Verdict.Shifted, Decide(same with { Kind = ProofKind.RoundedOnly }, 1e-9).Verdict);
    }

    [Theory]
    [InlineData(1e-4, 4, Verdict.Shifted)]
    [InlineData(.1, 4, Verdict.Inconclusive)]
    [InlineData(.1, 64, Verdict.Shifted)]
    public void Rounding_alone_needs_no_more_items_where_it_moved_little(double mean, long n, Verdict verdict)
    {
        var found = VerdictRules.Decide(s_other with { Proven = new ProvenChange(ProofKind.RoundedOnly, "Every value is the base's, rounded."),
            Panels = [Panel(mean, n < 30 ? double.NaN : mean / 2, n)] });
        Assert.Equal(verdict, found.Verdict);
        if (verdict == Verdict.Shifted) Assert.Contains("rounded", found.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_differs_the_number_of_positions_is_said_and_equivalence_is_not_claimed()
    {
        var found = VerdictRules.Decide(s_other with { Agreement = new Agreement(1234, 0, 0), Panels = [Panel(0, 0, 64), Panel(0, 0, 64, "trigger")] });
        Assert.Equal((Verdict.Inconclusive, 2), (found.Verdict, found.ExitCode));
        Assert.Contains("any of 1234 scored positions", Assert.Single(found.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bound_above_0_on_either_panel_is_a_shift()
    {
        foreach (var panels in new PanelEvidence[][] { [Panel(1, .5, 30), Panel(1, -.1, 64, "trigger")], [Panel(1, -.1, 64), Panel(1, 1e-9, 64, "trigger")] })
        {
            var found = VerdictRules.Decide(s_other with { Panels = panels });
            Assert.Equal((Verdict.Shifted, 0), (found.Verdict, found.ExitCode));
            Assert.Contains("damage is not judged yet", found.Sentence, StringComparison.Ordinal);
            Assert.Single(found.Reasons);
        }
    }

    [Theory]
    [InlineData(1, .5, 29)]
    [InlineData(1, 0, 64)]
    [InlineData(1, -.5, 64)]
    [InlineData(1, double.NaN, 64)]
    [InlineData(0, 0, 64)]
    public void Too_few_items_or_no_such_bound_is_inconclusive(double value, double low, long n)
    {
        var found = VerdictRules.Decide(s_other with { Panels = [Panel(value, low, n)] });
        Assert.Equal(Verdict.Inconclusive, found.Verdict);
        Assert.Contains("benign", found.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_items_it_would_need_grow_with_the_square_of_the_distance()
    {
        // A half-width of twice the value must halve: four times the items, and one to be beyond 0.
        Assert.Equal(401, VerdictRules.ItemsNeeded(Panel(1, -1, 100).MeanKld));
        Assert.Equal(30, VerdictRules.ItemsNeeded(new Estimate(1, double.NaN, double.NaN, .95, 8, "few")));
        Assert.Null(VerdictRules.ItemsNeeded(Panel(0, 0, 64).MeanKld));
        // A bound that was cut at 0 is no measure of the spread.
        Assert.Equal(401, VerdictRules.ItemsNeeded(Panel(1, -1, 100).MeanKld.Within(0)));
        Assert.Contains("401 items", VerdictRules.Decide(s_other with { Panels = [Panel(1, -1, 100)] }).Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_limited_run_says_that_it_is_no_verdict()
    {
        var found = VerdictRules.Decide(s_other with { Panels = [Panel(1, .5, 64)], Limited = true });
        Assert.Contains("not a verdict", found.Sentence, StringComparison.Ordinal);
        Assert.True(found.Limited);
        Assert.DoesNotContain("not a verdict", VerdictRules.Decide(s_other with { Panels = [Panel(1, .5, 64)] }).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_first_token_that_hides_the_rest_is_a_finding_and_an_even_divergence_is_none()
    {
        ItemScores Item(int i, double first) => Scores.Item($"{i}", "a", [first, .. Enumerable.Repeat(1.0 + i % 3, 20)]);
        var hiding = DivergenceSummary.Compute([.. Enumerable.Range(0, 40).Select(i => Item(i, .01))], DivergenceKind.Kl, 1);
        Assert.Equal("FIRST-TOKEN-HIDES", Assert.Single(FindingRules.Of("benign", hiding)).Name);
        Assert.Empty(FindingRules.Of("benign", DivergenceSummary.Compute([.. Enumerable.Range(0, 40).Select(i => Item(i, 1))], DivergenceKind.Kl, 1)));
    }

    [Fact]
    public void A_divergence_that_is_no_number_is_a_finding_and_never_a_shift()
    {
        var summary = DivergenceSummary.Compute([.. Scores.Random(40, 1), Scores.Item("bad", "a", double.NaN)], DivergenceKind.Kl, 1);
        Assert.Contains(FindingRules.Of("benign", summary), f => f.Name == "NOT-A-NUMBER");
        Assert.False(summary.Headline.HasInterval);
        Assert.DoesNotContain(FindingRules.Of("benign", DivergenceSummary.Compute(Scores.Random(40, 1), DivergenceKind.Kl, 1)), f => f.Name == "NOT-A-NUMBER");
    }

    [Fact]
    public void Dominance_and_infinity_are_findings()
    {
        ItemScores[] items = [.. Scores.Random(40, 1), Scores.Item("bad", "a", double.PositiveInfinity)];
        var found = FindingRules.Of("benign", DivergenceSummary.Compute(items, DivergenceKind.Kl, 1));
        Assert.Equal(["INFINITE", "DOMINATED", "HEAVY-TAIL"], found.Select(f => f.Name));
        Assert.Contains("bad", found[1].Sentence, StringComparison.Ordinal);
    }
}
