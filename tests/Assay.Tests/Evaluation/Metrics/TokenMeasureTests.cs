using Assay.Evaluation.Metrics;
using static Assay.Tests.Evaluation.Metrics.Scores;

namespace Assay.Tests.Evaluation.Metrics;

public class TokenMeasureTests
{
    [Fact]
    public void Edges_of_base_confidence_belong_to_the_bin_above_and_1_to_the_last()
    {
        var tokens = new[] { 0, .2499, .25, .5, .75, .9499, .95, 1 }.Select((top, k) => Token(k, top, flips: k >= 5)).ToArray();
        var found = ConfidenceBreakdown.Compute([new ItemScores("1", "a", tokens)], 1);
        Assert.Equal([2, 1, 1, 2, 2], found.Bins.Select(b => b.Tokens));
        Assert.Equal([.5, 2, 3, 4.5, 6.5], found.Bins.Select(b => b.MeanKl));
        Assert.Equal((2L, 2L, 3L), (found.ConfidentTokens, found.ConfidentFlips, found.Flips));
        Assert.Equal(1, found.ConfidentFlipRate.Value);
    }

    [Fact]
    public void Confident_flips_are_a_rate_over_confident_tokens_with_an_interval_over_items()
    {
        var items = Enumerable.Range(0, 40).Select(i => new ItemScores($"{i}", "a", [Token(1, .99, flips: i % 4 == 0), Token(1, .99), Token(1, .3, flips: true)])).ToArray();
        var found = ConfidenceBreakdown.Compute(items, 1).ConfidentFlipRate;
        Assert.Equal(.125, found.Value, 1e-14);
        Assert.InRange(found.Low, .03, .1);
        Assert.InRange(found.High, .15, .3);
    }

    [Fact]
    public void Likelihood_from_token_16_leaves_earlier_tokens_out()
    {
        var tokens = Enumerable.Range(0, 17).Select(k => Token(0, logP: -1, logQ: k < 15 ? -9 : -1.5 - (k - 15))).ToArray();
        var found = AnswerLikelihood.Compute([new ItemScores("1", "a", tokens)], 1);
        Assert.Equal(1, found.DeltaNllFrom16.Value, 1e-14);
        Assert.Equal(1, found.CrossEntropyP, 1e-14);
        Assert.Equal((15 * 9 + 1.5 + 2.5) / 17, found.CrossEntropyQ, 1e-14);
        Assert.Equal(.25, found.EntropyDrift.Value, 1e-14);
    }

    [Fact]
    public void Two_equal_models_cannot_be_told_apart()
    {
        var items = Random(10, 1).Select(i => i with { Tokens = [.. i.Tokens.Select(t => t with { Kl = 0, ReverseKl = 0 })] }).ToArray();
        var found = SampledDivergence.Compute(items, items);
        Assert.Equal((0.0, 0.0, 0.0, 0.0), (found.Forward, found.Reverse, found.PolicyGap, found.PlausibilityGap));
        Assert.All(found.Judges, j => Assert.Equal((.5, .5), (j.Auc, j.WithinPrompt)));
    }

    [Fact]
    public void A_judge_of_pairs_compares_answers_to_the_same_prompt_only()
    {
        // Log-likelihood ratios of the base's answers 1 and 3, of the candidate's 0 and 2: pooled 3 of 4 pairs, within prompts both.
        ItemScores Ratio(string id, double llr) => new(id, "a", [Token(1, logP: -1, logQ: -1 - llr)]);
        var found = SampledDivergence.Compute([Ratio("1", 1), Ratio("2", 3)], [Ratio("1", 0), Ratio("2", 2)]);
        Assert.All(found.Judges, j => Assert.Equal((.75, 1.0), (j.Auc, j.WithinPrompt)));
        Assert.Throws<ArgumentException>(() => SampledDivergence.Compute([Ratio("1", 1)], [Ratio("2", 1)]));
    }
}
