using Assay.Evaluation;
using Assay.Evaluation.Measures;
using Assay.Tests.Evaluation.Measures;
using Assay.Verdicts;
using Assay.Verdicts.Rules;

namespace Assay.Tests.Verdicts;

public class VerdictRulesTests
{
    private static readonly VerdictFacts s_other = new() { WeightsEqual = false, PackagingEqual = true, MedianCosine = .99 };
    private static readonly Where s_nowhere = new(null, "a test");

    private static Measurement Panel(double value, double low, long n, string name = "benign") =>
        new($"kld.{name}.mean", new Estimated(new Estimate(value, low, 2 * value - low, .95, n, "bootstrap-t")), "nats/token", s_nowhere);

    private static Measurement[] Agreement(long positions, long differing, double largest) =>
        [new("agreement.differing_positions", new Described(differing, positions), "tokens", s_nowhere), new("agreement.largest_kld", new Described(largest, positions), "nats", s_nowhere)];

    private static VerdictDecision Decide(VerdictFacts facts, params Measurement[] measurements) => VerdictRules.Decide(facts, new MeasurementSet(measurements));

    [Theory]
    [InlineData(true, true, Verdict.Identical, "IDENTICAL", 0)]
    [InlineData(true, false, Verdict.Packaging, "PACKAGING", 0)]
    [InlineData(false, true, Verdict.Inconclusive, "INCONCLUSIVE", 2)]
    [InlineData(false, false, Verdict.Inconclusive, "INCONCLUSIVE", 2)]
    public void Hashes_decide_before_anything_is_measured(bool weights, bool packaging, Verdict verdict, string name, int exitCode)
    {
        var found = Decide(s_other with { WeightsEqual = weights, PackagingEqual = packaging });
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
        var found = Decide(s_other with { TokenDifference = tokens, Matched = matched, MedianCosine = cosine, Unreadable = ["It is."] }, Panel(1, .5, 64));
        Assert.Equal((Verdict.Incomparable, 65), (found.Verdict, found.ExitCode));
        Assert.Single(found.Reasons);
    }

    [Fact]
    public void Same_weights_under_another_token_map_are_incomparable() =>
        Assert.Equal(Verdict.Incomparable, Decide(s_other with { WeightsEqual = true, PackagingEqual = false, TokenDifference = "1 is missing." })
            .Verdict);

    [Fact]
    public void Weights_whose_matrices_have_no_cosine_are_measured()
    {
        // All of the candidate is NaN or 0: that is broken, and no other base.
        var found = Decide(s_other with { MedianCosine = null, Unreadable = ["The candidate gives logits that are no numbers."] });
        Assert.Equal((Verdict.Broken, "BROKEN", 1), (found.Verdict, found.Name, found.ExitCode));
        Assert.Equal(["The candidate gives logits that are no numbers."], found.Reasons);
    }

    [Theory]
    [InlineData(.0051, Verdict.Degraded, 1)]
    [InlineData(.005, Verdict.Shifted, 0)]
    [InlineData(double.NaN, Verdict.Shifted, 0)]
    public void A_harm_degrades_where_its_lower_bound_is_above_the_margin(double low, Verdict verdict, int exitCode)
    {
        var harm = new Measurement("unnamed_ids.benign.delta", new Estimated(new Estimate(.02, low, double.IsNaN(low) ? low : .05, .95, 64, "bootstrap-t")), "share", s_nowhere);
        var found = Decide(s_other, harm, Panel(1, .5, 64));
        if (verdict == Verdict.Degraded) Assert.Equal(["unnamed_ids.benign.delta"], found.Cites);
        Assert.Equal((verdict, exitCode), (found.Verdict, found.ExitCode));
        if (verdict == Verdict.Degraded) Assert.Contains("0.51", Assert.Single(found.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_another_order_lose_nothing_only_where_the_measures_agree()
    {
        var same = new ProvenChange(ProofKind.SameFunction, "The weights are the base's in another order.");
        VerdictDecision Of(ProvenChange? proven, double largest) => Decide(s_other with { Proven = proven }, [.. Agreement(900, 800, largest), Panel(largest, largest / 2, 64)]);
        var found = Of(same, 1e-9);
        Assert.Equal((Verdict.Equivalent, 0), (found.Verdict, found.ExitCode));
        Assert.Contains("Nothing was lost", found.Sentence, StringComparison.Ordinal);
        Assert.Equal(Verdict.Shifted, Of(same, 1e-3).Verdict);
        Assert.NotEqual(Verdict.Equivalent, Of(same, double.NaN).Verdict);
        Assert.Equal(Verdict.Shifted, Of(null, 1e-9).Verdict);
        Assert.Equal(Verdict.Shifted, Of(same with { Kind = ProofKind.RoundedOnly }, 1e-9).Verdict);
    }

    [Theory]
    [InlineData(1e-4, 4, Verdict.Shifted)]
    [InlineData(.1, 4, Verdict.Inconclusive)]
    [InlineData(.1, 64, Verdict.Shifted)]
    public void Rounding_alone_needs_no_more_items_where_it_moved_little(double mean, long n, Verdict verdict)
    {
        var found = Decide(s_other with { Proven = new ProvenChange(ProofKind.RoundedOnly, "Every value is the base's, rounded.") },
            Panel(mean, n < 30 ? double.NaN : mean / 2, n));
        Assert.Equal(verdict, found.Verdict);
        if (verdict == Verdict.Shifted) Assert.Contains("rounded", found.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_differs_the_number_of_positions_is_said_and_equivalence_is_not_claimed()
    {
        var found = Decide(s_other, [.. Agreement(1234, 0, 0), Panel(0, 0, 64), Panel(0, 0, 64, "trigger")]);
        Assert.Equal((Verdict.Inconclusive, 2), (found.Verdict, found.ExitCode));
        Assert.Contains("any of 1234 scored positions", Assert.Single(found.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bound_above_0_on_either_panel_is_a_shift()
    {
        foreach (var panels in new Measurement[][] { [Panel(1, .5, 30), Panel(1, -.1, 64, "trigger")], [Panel(1, -.1, 64), Panel(1, 1e-9, 64, "trigger")] })
        {
            var found = Decide(s_other, panels);
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
        var found = Decide(s_other, Panel(value, low, n));
        Assert.Equal(Verdict.Inconclusive, found.Verdict);
        Assert.Contains("benign", found.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_items_it_would_need_grow_with_the_square_of_the_distance()
    {
        // A half-width of twice the value must halve: four times the items, and one to be beyond 0.
        Assert.Equal(401, InconclusiveRule.ItemsNeeded(Panel(1, -1, 100).Value.Estimate, 30));
        Assert.Equal(30, InconclusiveRule.ItemsNeeded(new Estimate(1, double.NaN, double.NaN, .95, 8, "few"), 30));
        Assert.Null(InconclusiveRule.ItemsNeeded(Panel(0, 0, 64).Value.Estimate, 30));
        // A bound that was cut at 0 is no measure of the spread.
        Assert.Equal(401, InconclusiveRule.ItemsNeeded(Panel(1, -1, 100).Value.Estimate.Within(0), 30));
        Assert.Contains("401 items", Decide(s_other, Panel(1, -1, 100)).Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_limited_run_says_that_it_is_no_verdict()
    {
        var found = Decide(s_other with { Limited = true }, Panel(1, .5, 64));
        Assert.Contains("not a verdict", found.Sentence, StringComparison.Ordinal);
        Assert.True(found.Limited);
        Assert.DoesNotContain("not a verdict", Decide(s_other, Panel(1, .5, 64)).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_first_token_that_hides_the_rest_is_a_finding_and_an_even_divergence_is_none()
    {
        ItemScores Item(int i, double first) => Scores.Item($"{i}", "a", [first, .. Enumerable.Repeat(1.0 + i % 3, 20)]);
        Assert.Equal("FIRST-TOKEN-HIDES", Assert.Single(Findings([.. Enumerable.Range(0, 40).Select(i => Item(i, .01))])).Name);
        Assert.Empty(Findings([.. Enumerable.Range(0, 40).Select(i => Item(i, 1))]));
    }

    [Fact]
    public void A_divergence_that_is_no_number_is_a_finding_and_never_a_shift()
    {
        ItemScores[] items = [.. Scores.Random(40, 1), Scores.Item("bad", "a", double.NaN)];
        Assert.Contains(Findings(items), f => f.Name == "NOT-A-NUMBER");
        Assert.NotEqual(Verdict.Shifted, VerdictRules.Decide(s_other, Scores.Measure(items, new DivergenceMeasure())).Verdict);
        Assert.DoesNotContain(Findings(Scores.Random(40, 1)), f => f.Name == "NOT-A-NUMBER");
    }

    [Fact]
    public void Dominance_and_infinity_are_findings()
    {
        var found = Findings([.. Scores.Random(40, 1), Scores.Item("bad", "a", double.PositiveInfinity)]);
        Assert.Equal(["INFINITE", "DOMINATED", "HEAVY-TAIL"], found.Select(f => f.Name));
        Assert.Contains("bad", found[1].Sentence, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Finding> Findings(IReadOnlyList<ItemScores> items) =>
        FindingRules.Of("benign", Scores.Measure(items, new DivergenceMeasure(), new PositionMeasure(), new TailMeasure()));
}
