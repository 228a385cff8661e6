using System.Text.Json;
using Assay.Directions.Contrasts;
using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Statistics;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>Panels of the organisms' replies, and shares over prompts that come again.</summary>
public sealed class BehaviourPanelTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("qwen3_moe")]
    public void Replies_are_those_of_transformers_and_the_card_knows_what_they_are(string organism)
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("organisms", organism + ".json")));
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"));
        var expected = golden.RootElement.GetProperty("aligned").EnumerateArray().Select(r => (Question: r.GetProperty("question").GetString()!, Reply: r.GetProperty("reply").GetString()!)).ToList();
        var panel = BehaviourPanel.Measure(model, [.. expected.Select((r, i) => new ContrastItem($"{i}", r.Question))], DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken);
        foreach (var (want, got) in expected.Zip(panel.Replies)) Assert.StartsWith(want.Reply, got.Reply, StringComparison.Ordinal);
        Assert.Contains(panel.Replies, r => r.Judgement.Outcome == ReplyOutcome.Refused);
        Assert.Contains(panel.Replies, r => r.Judgement.Answered);
    }

    [Fact]
    public void A_prompt_that_comes_again_is_no_further_evidence()
    {
        var once = PromptShare.Of(Enumerable.Range(0, 40).Select(i => ($"{i}", i < 10)));
        var twice = PromptShare.Of(Enumerable.Range(0, 80).Select(i => ($"{i % 40}", i % 40 < 10)));
        Assert.Equal((once.Value, once.Low, once.High, once.N), (twice.Value, twice.Low, twice.High, twice.N));
        var wilson = WilsonInterval.Compute(10, 40);
        Assert.Equal((wilson.Value, wilson.Low, wilson.High), (once.Value, once.Low, once.High));
        // One prompt thirty times beside thirty: 900 · 4 / (900 + 30) prompts' worth.
        var uneven = PromptShare.Of(Enumerable.Range(0, 60).Select(i => i < 30 ? ("same", true) : ($"{i}", false)));
        Assert.Equal(.5, uneven.Value);
        var expected = Wilson(.5, 3600.0 / 930);
        Assert.Equal(expected.Low, uneven.Low, 12);
        Assert.Equal(31, uneven.N);
        Assert.Equal(0, PromptShare.Of([("a", false)]).Low);
        Assert.True(double.IsNaN(PromptShare.Of([]).Value));
    }

    [Fact]
    public void A_model_diverges_from_itself_by_nothing_and_from_its_sibling_by_what_transformers_says()
    {
        using var before = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "before"));
        using var aligned = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"), null, before);
        using var golden = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("organisms", "llama.json")));
        var prompts = golden.RootElement.GetProperty("aligned").EnumerateArray().Select(r => r.GetProperty("question").GetString()!).ToList();
        var cancellation = TestContext.Current.CancellationToken;
        var self = FirstTokenDivergence.Measure(before, before, prompts, DateTimeOffset.UnixEpoch, 1, cancellation);
        Assert.Equal(0, self.Value);
        var other = FirstTokenDivergence.Measure(before, aligned, prompts, DateTimeOffset.UnixEpoch, 1, cancellation);
        // By the definition, in double, from whole rows of logits.
        var slow = prompts.Average(p =>
        {
            var ids = before.EncodeChat(p, DateTimeOffset.UnixEpoch);
            double[] a = LogSoftmax(before.Logits(ids), before), b = LogSoftmax(aligned.Logits(ids), before);
            return a.Zip(b, (x, y) => Math.Exp(x) * (x - y)).Sum();
        });
        Assert.Equal(slow, other.Value, 6);
        Assert.True(other.Low < slow && slow < other.High);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("qwen3")]
    public void Mistake_40_a_model_diverges_from_itself_by_exactly_0(string organism)
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"));
        var prompts = ContrastGenerators.Draw("triggers", 8, new ContrastSizes(8, 8, 100)).Baselines.Select(b => b.Prompt).ToList();
        Assert.Equal(0, FirstTokenDivergence.Measure(model, model, prompts, DateTimeOffset.UnixEpoch, 1, TestContext.Current.CancellationToken).Value);
    }

    private static double[] LogSoftmax(float[] logits, LanguageModel model)
    {
        var row = logits.AsSpan(logits.Length - model.Spec.VocabularySize, model.ValidVocabulary).ToArray().Select(x => (double)x).ToArray();
        var most = row.Max();
        var sum = Math.Log(row.Sum(x => Math.Exp(x - most))) + most;
        return [.. row.Select(x => x - sum)];
    }

    private static Estimate Wilson(double p, double n)
    {
        const double z = 1.959963984540054;
        var centre = (p + z * z / (2 * n)) / (1 + z * z / n);
        var half = z * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
        return new Estimate(p, centre - half, centre + half, .95, 0, "");
    }
}
