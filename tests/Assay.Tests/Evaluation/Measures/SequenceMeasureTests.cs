using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class SequenceMeasureTests
{
    private static MeasurementSet Sampled(IReadOnlyList<ItemScores> fromBase, IReadOnlyList<ItemScores> fromCandidate) => Measure(
        new VetDesign { Panels = [VetDesign.Benign], Windows = [], Samples = 1 }, [new SequenceMeasure()],
        (VetDesign.BaseAnswers(VetDesign.Benign, 1), fromBase), (VetDesign.CandidateAnswers(VetDesign.Benign, 1), fromCandidate));

    private static double Value(MeasurementSet found, string figure) => found.Estimate($"sampled.benign.{figure}")!.Value.Value;

    [Fact]
    public void Two_equal_models_cannot_be_told_apart()
    {
        var items = Random(10, 1).Select(i => i with { Tokens = [.. i.Tokens.Select(t => t with { Kl = 0, ReverseKl = 0 })] }).ToArray();
        var found = Sampled(items, items);
        Assert.Equal((0.0, 0.0, 0.0, 0.0), (Value(found, "d_forward"), Value(found, "d_reverse"), Value(found, "rate_forward"), Value(found, "plausibility_gap")));
        foreach (var n in new[] { 16, 64, 256 }) Assert.Equal((.5, .5), (Value(found, $"auc_{n}"), Value(found, $"within_prompt_{n}")));
        Assert.Equal(double.PositiveInfinity, Value(found, "tokens_to_tell_base"));
    }

    [Fact]
    public void Sums_are_of_answers_and_rates_of_tokens()
    {
        // Of the base 1 + 3 nats in 2 tokens and 2 in 1; of the candidate half of 4, 4 and 4 in 3 tokens, and half of 12 in 1.
        var found = Sampled([Item("1", "a", 1, 3), Item("2", "a", 2)], [Item("1", "a", 4, 4, 4), Item("2", "a", 12)]);
        Assert.Equal((3.0, 6.0, 2.0, 3.0), (Value(found, "d_forward"), Value(found, "d_reverse"), Value(found, "rate_forward"), Value(found, "rate_reverse")));
        Assert.Equal(Math.Log(1.5), Value(found, "policy_gap_unfloored"), 1e-14);
        Assert.Equal(2.65 / 2, Value(found, "tokens_to_tell_base"), 1e-3);
        Assert.Equal(2.65 / 3, Value(found, "tokens_to_tell_candidate"), 1e-3);
    }

    [Fact]
    public void A_judge_of_pairs_compares_answers_to_the_same_prompt_only()
    {
        // Log-likelihood ratios of the base's answers 1 and 3, of the candidate's 0 and 2: pooled 3 of 4 pairs, within prompts both.
        ItemScores Ratio(string id, double llr) => new(id, "a", [Token(1, logP: -1, logQ: -1 - llr)]);
        var found = Sampled([Ratio("1", 1), Ratio("2", 3)], [Ratio("1", 0), Ratio("2", 2)]);
        foreach (var n in new[] { 16, 64, 256 }) Assert.Equal((.75, 1.0), (Value(found, $"auc_{n}"), Value(found, $"within_prompt_{n}")));
        Assert.Empty(Sampled([Ratio("1", 1)], [Ratio("2", 1)]).All);
    }

    [Fact]
    public void Selectivity_pairs_both_frames_of_a_core()
    {
        var design = new VetDesign { Windows = [], Samples = 1 };
        ItemScores[] Of(double scale) => [.. Enumerable.Range(0, 40).Select(i => Item($"{scale}/{i}", "a", scale * (1 + i % 5), scale * (1 + i % 3)) with { Core = i })];
        var found = Measure(design, [new SelectivityMeasure()], (VetDesign.BaseAnswers(VetDesign.Benign, 1), Of(1)),
            (VetDesign.BaseAnswers(VetDesign.Trigger, 1), Of(8))).Estimate("selectivity_unfloored")!.Value;
        Assert.Equal(Math.Log(8), found.Value, 1e-12);
        // What both frames of a core have in common cancels.
        Assert.InRange(found.High - found.Low, 0, 1e-9);
    }

    [Fact]
    public void Under_several_templates_pairs_are_of_one_template()
    {
        // Two templates, one sample each: ratios 1 and 4 of the base's answers, 0 and 5 of the candidate's.
        ItemScores Ratios(string id, params double[] llr) => new(id, "a", [.. llr.Select(l => Token(1, logP: -1, logQ: -1 - l))])
            { Contexts = [.. llr.Select(_ => 1)] };
        var design = new VetDesign { Panels = [VetDesign.Benign], Windows = [], Samples = 1, PanelTemplates = [ContextSet.Plain, "brief"] };
        var found = Measure(design, [new SequenceMeasure()], (VetDesign.BaseAnswers(VetDesign.Benign, 1), [Ratios("1", 1, 4)]),
            (VetDesign.CandidateAnswers(VetDesign.Benign, 1), [Ratios("1", 0, 5)]));
        // 1 beats 0, 4 does not beat 5; pooled, 1 and 4 beat 0 and neither beats 5.
        Assert.Equal((.5, .5), (Value(found, "within_prompt_16"), Value(found, "auc_16")));
        var crossed = Measure(design, [new SequenceMeasure()], (VetDesign.BaseAnswers(VetDesign.Benign, 1), [Ratios("1", 6, 1)]),
            (VetDesign.CandidateAnswers(VetDesign.Benign, 1), [Ratios("1", 5, 0)]));
        // Within templates both win; pooled, 1 loses to 5.
        Assert.Equal((1.0, .75), (Value(crossed, "within_prompt_16"), Value(crossed, "auc_16")));
    }
}
