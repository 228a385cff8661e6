using Assay.Evaluation.Measures;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class TokenMeasureTests
{
    [Fact]
    public void Edges_of_base_confidence_belong_to_the_bin_above_and_1_to_the_last()
    {
        var tokens = new[] { 0, .2499, .25, .5, .75, .9499, .95, 1 }.Select((top, k) => Token(k, top, flips: k >= 5)).ToArray();
        var found = Measure([new ItemScores("1", "a", tokens)], new ConfidenceMeasure());
        var bins = found.All.Where(m => m.Id.StartsWith("kld.benign.base_confidence.", StringComparison.Ordinal)).Select(m => m.Value.Estimate).ToList();
        Assert.Equal([2L, 1, 1, 2, 2], bins.Select(b => b.N));
        Assert.Equal([.5, 2, 3, 4.5, 6.5], bins.Select(b => b.Value));
        Assert.Equal((2.0, 2L, 3.0), (found.Estimate("confident_flips.benign.count")!.Value.Value, found.Estimate("confident_flips.benign.count")!.Value.N,
            found.Estimate("flips.benign")!.Value.Value));
        Assert.Equal(1, found.Estimate("confident_flips.benign")!.Value.Value);
    }

    [Fact]
    public void Confident_flips_are_a_rate_over_confident_tokens_with_an_interval_over_items()
    {
        var items = Enumerable.Range(0, 40).Select(i => new ItemScores($"{i}", "a", [Token(1, .99, flips: i % 4 == 0), Token(1, .99), Token(1, .3, flips: true)])).ToArray();
        var found = Measure(items, new ConfidenceMeasure()).Estimate("confident_flips.benign")!.Value;
        Assert.Equal(.125, found.Value, 1e-14);
        Assert.InRange(found.Low, .03, .1);
        Assert.InRange(found.High, .15, .3);
    }

    /// <summary>Two answers an item, 18 tokens each, that end by themselves: positions count anew in each, and the last token is the end.</summary>
    [Fact]
    public void Late_tokens_are_those_of_each_answer_and_its_end_is_told_apart()
    {
        double[] answer = [.. Enumerable.Repeat(8.0, 15), 1, 2, 6];
        var items = Enumerable.Range(0, 2).Select(i => new ItemScores($"{i}", "a", [.. answer.Concat(answer).Select(d => Token(0, logP: 0, logQ: -d))])
        {
            Contexts = [18, 18], Stopped = true,
        }).ToList();
        var found = Measure(items, new AnswerLikelihoodMeasure());
        Assert.Equal(3, found.Estimate("nll.benign.delta_from_16")!.Value.Value, 1e-14);
        Assert.Equal(1.5, found.Estimate("nll.benign.delta_from_16_before_end")!.Value.Value, 1e-14);
        // What was cut off has no end.
        var cut = Measure([.. items.Select(i => i with { Stopped = false })], new AnswerLikelihoodMeasure());
        Assert.Equal(3, cut.Estimate("nll.benign.delta_from_16_before_end")!.Value.Value, 1e-14);
    }

    [Fact]
    public void Likelihood_from_token_16_leaves_earlier_tokens_out()
    {
        var tokens = Enumerable.Range(0, 17).Select(k => Token(0, logP: -1, logQ: k < 15 ? -9 : -1.5 - (k - 15))).ToArray();
        var found = Measure([new ItemScores("1", "a", tokens)], new AnswerLikelihoodMeasure());
        Assert.Equal(1, found.Estimate("nll.benign.delta_from_16")!.Value.Value, 1e-14);
        Assert.Equal(1, found.Estimate("nll.benign.base")!.Value.Value, 1e-14);
        Assert.Equal((15 * 9 + 1.5 + 2.5) / 17, found.Estimate("nll.benign.candidate")!.Value.Value, 1e-14);
        Assert.Equal(.25, found.Estimate("entropy.benign.drift")!.Value.Value, 1e-14);
    }
}
