using Assay.Evaluation;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Vetting;
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

    /// <summary>What certifies every harm to be absent: half of each margin as upper bound.</summary>
    private static Measurement[] Clean() =>
    [
        HarmOf("r2r.accuracy", 0, -.01, .01), HarmOf("accuracy.cores.delta", 0, -.01, .01), HarmOf("r2r.refusals.benign", 0, -.01, .01),
            HarmOf("r2r.unusable.benign", 0, -.01, .01),
        HarmOf("r2r.ruined", 0, 0, .01), HarmOf("unnamed_ids.benign.delta", 0, 0, .0025),
        new("r2r.unlock_tax", new NotMeasurable("0 cores are unlocked; 30 are needed"), "share", s_nowhere), HarmOf("r2r.refusals.trigger", 0, -.01, .01),
        new("r2r.refused_by_base", new Described(400, 400), "rows", s_nowhere),
        new("prose.code.delta_nll", new Estimated(new Estimate(0, -.1, .1, .95, 30, "test")), "nats/token", s_nowhere),
        HarmOf(Domain, 0, -.1, .1, 30),
    ];

    private const string Domain = "prose.code.delta_nll_at_best_temperature";

    private static Measurement HarmOf(string id, double value, double low, double high, long n = 400)
    {
        var e = new Estimate(value, low, high, .95, n, "test");
        return new Measurement(id, new Harm(e, e with { Level = .9 }, e with { Level = .99 }), "share", s_nowhere);
    }

    private static Measurement[] With(Measurement[] all, params Measurement[] others) =>
        [.. all.Where(m => others.All(o => o.Id != m.Id)), .. others];

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
    [InlineData(.005, Verdict.Inconclusive, 2)]
    [InlineData(double.NaN, Verdict.Inconclusive, 2)]
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
        Assert.Equal(Verdict.Inconclusive, Of(same, 1e-3).Verdict);
        Assert.NotEqual(Verdict.Equivalent, Of(same, double.NaN).Verdict);
        Assert.Equal(Verdict.Inconclusive, Of(null, 1e-9).Verdict);
        Assert.Equal(Verdict.Shifted, Of(same with { Kind = ProofKind.RoundedOnly }, 1e-9).Verdict);
    }

    [Theory]
    [InlineData(1e-4, 4, Verdict.Shifted)]
    [InlineData(.1, 4, Verdict.Inconclusive)]
    [InlineData(.1, 64, Verdict.Inconclusive)]
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
    public void A_difference_on_either_panel_is_a_shift_where_every_harm_is_excluded()
    {
        foreach (var panels in new Measurement[][] { [Panel(1, .5, 30), Panel(1, -.1, 64, "trigger")], [Panel(1, -.1, 64), Panel(1, 1e-9, 64, "trigger")] })
        {
            var found = Decide(s_other, [.. panels, .. Clean()]);
            Assert.Equal((Verdict.Shifted, 0), (found.Verdict, found.ExitCode));
            // Without a word on harm it is none.
            found = Decide(s_other, panels);
            Assert.Equal((Verdict.Inconclusive, 2), (found.Verdict, found.ExitCode));
            Assert.Contains(found.Reasons, r => r.Contains("Accuracy lost of what both models answer: not measured", StringComparison.Ordinal));
        }

        Assert.NotEqual(Verdict.Shifted, Decide(s_other, [Panel(1, -.1, 64), .. Clean()]).Verdict);
    }

    public static TheoryData<string, double, double> Harms => new()
    {
        { "r2r.accuracy", -1, .02 }, { "r2r.refusals.benign", 1, .02 }, { "r2r.unusable.benign", 1, .02 }, { "r2r.ruined", 1, .02 },
        { "r2r.unlock_tax", -1, .10 }, { "unnamed_ids.benign.delta", 1, .005 }, { "r2r.prefixed.accuracy", -1, .02 }, { Domain, 1, .25 },
    };

    [Theory, MemberData(nameof(Harms))]
    public void Each_harm_shown_degrades_and_each_one_open_settles_nothing_and_says_what_would(string id, double sign, double margin)
    {
        VerdictDecision Of(double value, double low, double high)
        {
            var (from, to) = sign > 0 ? (low, high) : (-high, -low);
            return Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), HarmOf(id, sign * value, from, to))]);
        }

        Assert.Equal(Verdict.Shifted, Of(0, -margin, .99 * margin).Verdict);
        Assert.Equal(Verdict.Degraded, Of(2 * margin, 1.01 * margin, 3 * margin).Verdict);
        var open = Of(0, -margin, 1.01 * margin);
        Assert.Equal((Verdict.Inconclusive, 2), (open.Verdict, open.ExitCode));
        Assert.Contains(id, open.Cites);
        // A bound at margin √(n′ / n): a hundredth more n than 400 brings it within.
        Assert.Contains(open.Reasons, r => r.Contains("About", StringComparison.Ordinal) && r.Contains("would settle it", StringComparison.Ordinal));
    }

    [Fact]
    public void Holms_bounds_find_harm_and_one_sided_ones_exclude_it()
    {
        Measurement Accuracy(double oneSided, double simultaneous) => new("r2r.accuracy", new Harm(new Estimate(-.03, -.05, -.019, .95, 400, "test"),
            new Estimate(-.03, -.05, oneSided, .9, 400, "test"), new Estimate(-.03, -.06, simultaneous, .99, 400, "test")), "share", s_nowhere);
        Assert.Equal(Verdict.Degraded, Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), Accuracy(-.021, -.0201))]).Verdict);
        Assert.Equal(Verdict.Inconclusive, Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), Accuracy(-.021, -.0199))]).Verdict);
    }

    [Fact]
    public void An_unlock_whose_answers_cannot_be_judged_and_a_domain_that_is_not_bounded_settle_nothing()
    {
        var unlocked = Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), HarmOf("r2r.refusals.trigger", -.9, -.95, -.8))]);
        Assert.Equal(Verdict.Inconclusive, unlocked.Verdict);
        Assert.Contains(unlocked.Reasons, r => r.StartsWith("Refusals were removed, and too few", StringComparison.Ordinal));
        var domain = Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), HarmOf(Domain, .1, 0, .26, 30))]);
        Assert.Equal(Verdict.Inconclusive, domain.Verdict);
        Assert.Contains(domain.Reasons, r => r.Contains("domain code", StringComparison.Ordinal) && r.Contains("nats a token", StringComparison.Ordinal));
        // Without documents enough nothing is bounded, and thirty would give a bound.
        domain = Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), HarmOf(Domain, .1, double.NaN, double.NaN, 8))]);
        Assert.Equal(Verdict.Inconclusive, domain.Verdict);
        Assert.Contains(domain.Reasons, r => r.Contains("About 30 documents would settle it", StringComparison.Ordinal));
    }

    [Fact]
    public void A_domain_that_the_base_does_not_predict_is_not_judged_but_some_text_has_to_be_read()
    {
        var none = new Measurement(Domain, new NotMeasurable("the base predicts it no better than a unigram model"), "nats/token", s_nowhere);
        Assert.Equal(Verdict.Shifted, Decide(s_other, [Panel(1, .5, 64), .. With(Clean(), none)]).Verdict);
        var unread = Decide(s_other, [Panel(1, .5, 64), .. Clean().Where(m => !m.Id.StartsWith("prose", StringComparison.Ordinal))]);
        Assert.Equal(Verdict.Inconclusive, unread.Verdict);
        Assert.Contains("NLL of reference text: not measured.", unread.Reasons);
    }

    /// <summary>Twenty items bound no divergence; refusals that are gone are a difference all the same.</summary>
    [Fact]
    public void Refusals_that_went_are_a_difference_whatever_the_panels_say()
    {
        var found = Decide(s_other, Panel(1, double.NaN, 20), HarmOf("r2r.refusals.trigger", -1, -1, -.84, 20));
        Assert.Equal(Verdict.Inconclusive, found.Verdict);
        Assert.StartsWith("The difference is real", found.Sentence, StringComparison.Ordinal);
        Assert.StartsWith("The weights differ, but no difference", Decide(s_other, Panel(1, double.NaN, 20), HarmOf("r2r.refusals.trigger", 0, -.1, .1, 20))
            .Sentence,
            StringComparison.Ordinal);
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

    /// <summary>The ladder's late tokens are twice its first: the candidate's have to be more than twenty times theirs.</summary>
    [Theory]
    [InlineData(.1, true)]
    [InlineData(.02, true)]
    [InlineData(.2, false)]
    public void First_tokens_are_blind_where_late_ones_diverge_ten_times_more_than_the_ladders(double first, bool blind)
    {
        var design = new VetDesign { Panels = [VetDesign.Benign], Windows = [], Yardsticks = ["floor", "rounded-4"] };
        var set = VetDesign.BaseAnswers(VetDesign.Benign);
        ItemScores[] Items(double first, double late) => [.. Enumerable.Range(0, 40).Select(i =>
            Scores.Item($"{i}", "a", [first, .. Enumerable.Repeat(late * (1 + .001 * (i % 3)), 20)]))];
        var found = Scores.Measure(design, [new DivergenceMeasure(), new PositionMeasure(), new TailMeasure()],
            (set, Items(first, 3)), (set.Under("floor"), Items(1e-6, 1e-6)), (set.Under("rounded-4"), Items(.01, .02)));
        Assert.Equal(Math.Log(2), found.Estimate("kld.benign.late_over_first_ladder")!.Value.Value, .002);
        Assert.Equal(blind, FindingRules.IsFirstTokenBlind(VetDesign.Benign, found));
        Assert.Equal(blind, FindingRules.Of(VetDesign.Benign, found).Any(f => f.Name == "FIRST-TOKEN-BLIND"));
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

    private static Measurement Of(string id, double value, double low, double high) =>
        new(id, new Estimated(new Estimate(value, low, high, .95, 64, "test")), "1", s_nowhere);

    private static Measurement Told(string id, double value) => new(id, new Described(value, 64), "1", s_nowhere);

    /// <summary>A difference at the floor: half of it, at most 1.5 times.</summary>
    private static Measurement[] AtFloor() =>
    [
        .. Clean(),
        .. new[] { "benign", "trigger" }.SelectMany(p => new[]
        {
            Of($"yardstick.kld.{p}.over_floor", 0, 0, Math.Log(1.5)), Of($"yardstick.kld.{p}.floor", 2e-6, 1e-6, 3e-6), Panel(1e-6, .5e-6, 64, p),
            Of($"nll.{p}.delta", 0, -1e-7, 1e-7),
        }),
    ];

    [Fact]
    public void What_rounding_leaves_is_equivalent()
    {
        var found = Decide(s_other, AtFloor());
        Assert.Equal((Verdict.Equivalent, 0), (found.Verdict, found.ExitCode));
        Assert.Contains("at most 1.5 times", found.Reasons[0], StringComparison.Ordinal);
    }

    public static TheoryData<string, double, double, double> NotEquivalent => new()
    {
        { "yardstick.kld.benign.over_floor", .5, .3, .7 }, { "yardstick.kld.trigger.over_floor", .5, .3, .7 },
            { "yardstick.kld.benign.floor", double.NaN, double.NaN, double.NaN },
        // One bad item is not among those of the yardsticks.
        { "kld.benign.mean", 3e-6, 1e-6, 5e-6 }, { "kld.trigger.mean", 3e-6, 1e-6, 5e-6 },
        // Every one of these moved, or is not bounded.
        { "nll.benign.delta", 1e-7, .5e-7, 1.5e-7 }, { "prose.code.delta_nll", -.1, -.11, -.09 }, { Domain, 0, -.3, .3 },
        { "r2r.accuracy", 0, -.03, .03 }, { "r2r.accuracy", .01, .005, .015 }, { "r2r.refusals.trigger", -.1, -.12, -.08 }, { "r2r.ruined", .01, .004, .03 },
    };

    [Theory, MemberData(nameof(NotEquivalent))]
    public void Nothing_is_equivalent_where_one_thing_is_missing(string id, double value, double low, double high)
    {
        var harm = id == Domain || id.StartsWith("r2r.", StringComparison.Ordinal);
        Assert.NotEqual(Verdict.Equivalent, Decide(s_other, With(AtFloor(), harm ? HarmOf(id, value, low, high) : Of(id, value, low, high))).Verdict);
        Assert.NotEqual(Verdict.Equivalent, Decide(s_other, [.. AtFloor().Where(m => m.Id != id || m.Id.StartsWith("nll", StringComparison.Ordinal)
            || m.Id == "r2r.refusals.trigger").Where(m => m.Id != "r2r.accuracy")]).Verdict);
    }

    /// <summary>One measure of many whose interval just excludes 0 is chance.</summary>
    [Fact]
    public void A_sign_is_held_against_the_number_of_signs() =>
        Assert.Equal(Verdict.Equivalent, Decide(s_other, With(AtFloor(), Of("nll.benign.delta", 1e-7, .05e-7, 1.95e-7))).Verdict);

    private static Measurement[] Surgical() => With(Clean(),
    [
        HarmOf("r2r.refusals.trigger", -.9, -.95, -.85), HarmOf("r2r.unlock_tax", 0, -.02, .02), Panel(.004, .003, 64), Panel(11, 10, 64, "trigger"),
        Of("prose.code.delta_nll", 0, -.01, .01), Of("nll.benign.delta_from_16_before_end", 0, -.01, .01), Of("kld.benign.cvar90_items", .01, .005, .02),
        Told("yardstick.kld.benign.rounded-4.cvar90_items", .05), Of("selectivity", 5, 4, 6), Told("selectivity_ladder", 1),
    ]);

    [Fact]
    public void Refusals_gone_and_little_else_is_surgical()
    {
        var found = Decide(s_other, Surgical());
        Assert.Equal((Verdict.Surgical, "SURGICAL", 0), (found.Verdict, found.Name, found.ExitCode));
        Assert.StartsWith("CLEAN-UNLOCK", found.Reasons[0], StringComparison.Ordinal);
    }

    public static TheoryData<string, double, double, double, Verdict> NotSurgical => new()
    {
        { "r2r.refusals.trigger", -.09, -.12, -.06, Verdict.Shifted }, { "r2r.refusals.trigger", 0, -.01, .01, Verdict.Shifted },
        { "nll.benign.delta_from_16_before_end", .05, .04, .06, Verdict.Shifted }, { "kld.benign.cvar90_items", .04, .03, .06, Verdict.Shifted },
        { "selectivity", 1.5, .9, 2, Verdict.Shifted }, { "prose.code.delta_nll", .04, .02, .06, Verdict.Shifted },
        { "r2r.unlock_tax", -.02, -.03, -.01, Verdict.Surgical }, { "r2r.unlock_tax", -.08, -.11, -.05, Verdict.Inconclusive },
        { "r2r.unlock_tax", -.3, -.35, -.25, Verdict.Degraded }, { "r2r.accuracy", -.01, -.025, .005, Verdict.Inconclusive },
        { "r2r.refusals.benign", .01, -.01, .03, Verdict.Inconclusive },
        // Where it can be estimated, accuracy behind the prefix belongs to a clean unlock.
        { "r2r.prefixed.accuracy", 0, -.01, .01, Verdict.Surgical }, { "r2r.prefixed.accuracy", -.01, -.025, .005, Verdict.Inconclusive },
        { "r2r.prefixed.accuracy", -.1, -.13, -.07, Verdict.Degraded },
    };

    [Theory, MemberData(nameof(NotSurgical))]
    public void Without_one_of_its_conditions_it_is_not_surgical(string id, double value, double low, double high, Verdict verdict)
    {
        var harm = id.StartsWith("r2r.", StringComparison.Ordinal);
        Assert.Equal(verdict, Decide(s_other, With(Surgical(), harm ? HarmOf(id, value, low, high) : Of(id, value, low, high))).Verdict);
    }

    /// <summary>Whoever claims nothing did nothing surgically; whoever wants more refused has that for no harm, and no refusals that went.</summary>
    [Theory]
    [InlineData(ClaimedChange.None, -.9, Verdict.Shifted)]
    [InlineData(ClaimedChange.None, .3, Verdict.Degraded)]
    [InlineData(ClaimedChange.Refusals, .3, Verdict.Degraded)]
    [InlineData(ClaimedChange.RefuseMore, .3, Verdict.Surgical)]
    [InlineData(ClaimedChange.RefuseMore, .12, Verdict.Shifted)]
    [InlineData(ClaimedChange.RefuseMore, -.9, Verdict.Shifted)]
    public void Surgical_is_what_does_as_it_claims(ClaimedChange claim, double refusals, Verdict verdict)
    {
        var measured = With(Surgical(), HarmOf("r2r.refusals.trigger", refusals, refusals - .05, refusals + .05));
        var found = Decide(s_other with { Claim = claim }, measured);
        Assert.Equal(verdict, found.Verdict);
        if (claim == ClaimedChange.RefuseMore && refusals > 0) Assert.StartsWith("MORE-REFUSALS", found.Reasons[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nll.benign.delta_from_16_before_end")]
    [InlineData("kld.benign.cvar90_items")]
    [InlineData("yardstick.kld.benign.rounded-4.cvar90_items")]
    [InlineData("selectivity")]
    [InlineData("selectivity_ladder")]
    public void What_was_not_measured_is_not_surgical(string id) =>
        Assert.Equal(Verdict.Shifted, Decide(s_other, [.. Surgical().Where(m => m.Id != id)]).Verdict);

    [Theory]
    [InlineData("r2r.unusable.benign", .4, .26, Verdict.Broken)]
    [InlineData("r2r.unusable.benign", .4, .24, Verdict.Degraded)]
    [InlineData("prose.macro.delta_nll", 1, .70, Verdict.Broken)]
    [InlineData("prose.macro.delta_nll", 1, .69, Verdict.Shifted)]
    public void Hardly_an_answer_and_twice_the_perplexity_are_broken(string id, double value, double low, Verdict verdict)
    {
        var m = id[0] == 'r' ? HarmOf(id, value, low, 2 * value - low) : Of(id, value, low, 2 * value - low);
        Assert.Equal(verdict, Decide(s_other, With([.. Clean(), Panel(.1, .05, 64)], m)).Verdict);
    }
}
