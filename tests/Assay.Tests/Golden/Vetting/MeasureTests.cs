using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Models;

namespace Assay.Tests.Golden.Vetting;

/// <summary>Whole comparisons on given ids, through scorer, store and measures, against transformers, numpy and scipy: both panels, sampled policies, temperature,
/// calibration, prose at both contexts.</summary>
public sealed class MeasureTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Folders("vetting");

    [Theory, MemberData(nameof(Cases))]
    public void Every_figure_is_that_of_other_programs(string name)
    {
        var root = GoldenFiles.Require("vetting", name);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, "golden.json")));
        var golden = document.RootElement;
        var (_, p, q) = ScoringTests.Open(name);
        using var first = p;
        using var second = q;
        using var store = ScoreStore.Temporary();
        var contexts = golden.GetProperty("prose").EnumerateArray().Select(c => c.GetProperty("context").GetInt32()).ToImmutableArray();
        var design = new VetDesign { Windows = contexts, Samples = 1 };
        var scored = ScoredPair.Of(name);
        foreach (var panel in design.Panels)
        {
            foreach (var (policy, set) in new[] { ("greedy_p", VetDesign.BaseAnswers(panel)), ("greedy_q", VetDesign.CandidateAnswers(panel)),
                ("sample_p", VetDesign.BaseAnswers(panel, 1)), ("sample_q", VetDesign.CandidateAnswers(panel, 1)) })
                Put(store, scored.Answers(policy), set, [.. golden.GetProperty("items").EnumerateArray().Select((item, i) => (Item: item, Index: i))
                    .Where(x => x.Item.GetProperty("frame").GetString() == panel)
                    .Select(x => (Chat(x.Item, x.Index, policy, p.Generation.EosTokenIds), x.Index))]);
        }

        foreach (var prose in golden.GetProperty("prose").EnumerateArray())
        {
            var context = prose.GetProperty("context").GetInt32();
            var at = 0;
            Put(store, scored.Prose(context), VetDesign.Prose(context), [.. prose.GetProperty("domains").EnumerateObject().SelectMany(domain =>
                domain.Value.GetProperty("documents").EnumerateArray().Select((d, i) => Document(d, domain.Name, i, context, p)))
                .Select(d => (d, (at += d.Contexts.Length) - d.Contexts.Length))]);
        }

        var found = MeasureCatalogue.Compute(MeasureCatalogue.All, new MeasureInput(store, new Statistician(1, 2), design, TestContext.Current.CancellationToken));
        var compared = VettingFigures.Compare(golden, found, Near);
        foreach (var prose in golden.GetProperty("prose").EnumerateArray()) compared += Prose(prose, found, contexts[0]);
        Assert.True(compared > 200, $"{compared} figures were compared.");
    }

    private static void Near(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-5 + 1e-4 * Math.Abs(expected), $"{what}: expected {expected:R}, found {actual:R}");

    private static int Prose(JsonElement prose, MeasurementSet found, int first)
    {
        var context = prose.GetProperty("context").GetInt32();
        var (prefix, calibration) = context == first ? ("prose", "calibration") : ($"prose-{context}", $"calibration-{context}");
        var count = 0;
        foreach (var domain in prose.GetProperty("domains").EnumerateObject())
            foreach (var (key, figure) in new[] { ("perplexity_p", "perplexity_base"), ("perplexity_q", "perplexity_candidate"), ("bits_per_byte_p", "bits_per_byte_base"),
                ("bits_per_byte_q", "bits_per_byte_candidate"), ("delta_nll_per_token", "delta_nll"), ("delta_nll_per_byte", "delta_nll_per_byte"), ("gain", "gain"), ("loss", "loss") })
                Check(domain.Value.GetProperty(key), $"{prefix}.{domain.Name}.{figure}");
        Check(prose.GetProperty("macro_delta_nll_per_byte"), $"{prefix}.macro.delta_nll_per_byte");
        Assert.EndsWith(" " + prose.GetProperty("worst_domain").GetString(), found.Find($"{prefix}.worst.delta_nll")!.Where.Words, StringComparison.Ordinal);
        foreach (var (side, who) in new[] { ("p", "base"), ("q", "candidate") })
        {
            Check(prose.GetProperty("calibration").GetProperty(side).GetProperty("ece_equal_mass_15"), $"{calibration}.{who}.ece");
            Check(prose.GetProperty("calibration").GetProperty(side).GetProperty("brier_top"), $"{calibration}.{who}.brier");
        }

        return count;

        void Check(JsonElement expected, string id)
        {
            Assert.True(found.Find(id) is not null, $"There is no measurement {id}.");
            Near(expected.GetDouble(), found.Estimate(id)!.Value.Value, id);
            count++;
        }
    }

    /// <summary>Keeps items with their scores, of each those from a place on.</summary>
    private static void Put(ScoreStore store, (TokenScore[][] Scores, double[][] Fits) scored, ContextSet set, List<(ContextItem Item, int From)> items)
    {
        store.Declare(set, items.Select(i => i.Item.Item));
        foreach (var (item, from) in items)
        {
            var to = from + item.Contexts.Length;
            Assert.Equal(item.Contexts.Select(c => c.Scored), scored.Scores[from..to].Select(s => s.Length));
            store.Add([(ScoreStore.ContextKey(set, item.Item), ScoreStore.Encode(item)),
                (ScoreStore.ScoreKey(set, item.Item), ScoreStore.Encode(scored.Scores[from..to], ScoreColumns.All, scored.Fits[from..to]))]);
        }
    }

    private static ContextItem Chat(JsonElement item, int index, string policy, IReadOnlyList<int> ends)
    {
        var text = ScoredPair.Answer(item, policy);
        return new ContextItem($"{index}", "all", index % 20, 0,
            [new Context(0, [.. text.Tokens], text.FirstScored, text.FirstScored, ends.Contains(text.Tokens[^1]))]);
    }

    private static ContextItem Document(JsonElement document, string domain, int index, int context, LanguageModel model)
    {
        Assert.Equal(document.GetProperty("bytes").GetInt64(), Encoding.UTF8.GetByteCount(document.GetProperty("text").GetString()!));
        return new ContextItem($"{domain}/{index}", domain, index, document.GetProperty("bytes").GetInt64(),
            [.. ScoredPair.Windows(document, context, model).Select((t, i) => new Context(i, [.. t.Tokens], t.FirstScored, t.FirstScored, false))]);
    }
}
