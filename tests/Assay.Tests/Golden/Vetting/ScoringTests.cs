using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Tests.Golden.Vetting;

/// <summary>Two models on given ids: every measure of every scored token, as transformers' logits give it in float64 (golden/make/vetting_golden.py).</summary>
public sealed class ScoringTests
{
    private static readonly Dictionary<string, Func<TokenScore, double>> Measures = new()
    {
        ["kl"] = s => s.Kl, ["reverse_kl"] = s => s.ReverseKl, ["jsd"] = s => s.Jsd, ["log_p"] = s => s.LogP, ["log_q"] = s => s.LogQ,
        ["entropy_p"] = s => s.EntropyP, ["entropy_q"] = s => s.EntropyQ, ["top_p"] = s => s.TopP, ["top_q"] = s => s.TopQ,
    };

    public static IEnumerable<TheoryDataRow<string>> Cases() => GoldenFiles.Folders("vetting");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Token_measures_equal_transformers_on_all_four_policies(string name)
    {
        var (golden, p, q) = Open(name);
        using var _ = p;
        using var __ = q;
        using var tokens = SafetensorsFile.Open(Path.Combine(GoldenFiles.Require("vetting", name), "tokens.safetensors"));
        var checkedValues = 0;
        foreach (var policy in ScoredPair.Policies)
        {
            var texts = golden.GetProperty("items").EnumerateArray().Select(item => ScoredPair.Answer(item, policy)).ToList();
            var scores = ScoredPair.Of(name).Answers(policy).Scores.SelectMany(s => s).ToArray();
            foreach (var (measure, of) in Measures)
            {
                if (!GoldenTensors.Has(tokens, $"{policy}.{measure}")) continue;
                var want = GoldenTensors.Doubles(tokens, $"{policy}.{measure}");
                Assert.Equal(want.Length, scores.Length);
                for (var i = 0; i < want.Length; i++, checkedValues++)
                    Assert.True(Math.Abs(want[i] - of(scores[i])) <= 1e-5 + 1e-4 * Math.Abs(want[i]), $"{policy}.{measure}[{i}] is {of(scores[i]):r}, transformers has {want[i]:r}");
            }

            foreach (var (which, model, of) in new (string, LanguageModel, Func<TokenScore, int>)[] { ("argmax_p", p, s => s.ArgmaxP), ("argmax_q", q, s => s.ArgmaxQ) })
            {
                if (!GoldenTensors.Has(tokens, $"{policy}.{which}")) continue;
                var want = GoldenTensors.Doubles(tokens, $"{policy}.{which}");
                var at = 0;
                foreach (var text in texts)
                {
                    float[]? logits = null;
                    for (var i = text.FirstScored; i < text.Tokens.Length; i++, at++)
                    {
                        if ((int)want[at] == of(scores[at])) continue;
                        // Only where the two best are too close to call.
                        logits ??= model.Logits(text.Tokens);
                        var row = logits.AsSpan((i - 1) * model.Spec.VocabularySize, model.Spec.VocabularySize).ToArray();
                        Assert.True(row[of(scores[at])] - row[(int)want[at]] < 2e-4, $"{policy}.{which}[{at}] is {of(scores[at])}, transformers has {want[at]}");
                    }
                }
            }
        }

        Assert.True(checkedValues > 0, "tokens.safetensors holds none of the measures.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Greedy_continuations_equal_transformers(string name)
    {
        var (golden, p, q) = Open(name);
        using var _ = p;
        using var __ = q;
        var budget = golden.GetProperty("budget").GetInt32();
        var items = golden.GetProperty("items").EnumerateArray().ToList();
        foreach (var (policy, model) in new[] { ("greedy_p", p), ("greedy_q", q) })
        {
            var got = model.Generate([.. items.Select(i => ScoredPair.Ints(i.GetProperty("prompt")))],
                new GenerationOptions { MaxNewTokens = budget, StopTokens = model.Generation.EosTokenIds });
            for (var i = 0; i < items.Count; i++) Assert.Equal(ScoredPair.Ints(items[i].GetProperty(policy)), got[i].Tokens);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Prose_sums_equal_transformers_at_both_contexts(string name)
    {
        var (golden, p, q) = Open(name);
        using var _ = p;
        using var __ = q;
        foreach (var prose in golden.GetProperty("prose").EnumerateArray())
        {
            var context = prose.GetProperty("context").GetInt32();
            var windows = new Queue<TokenScore[]>(ScoredPair.Of(name).Prose(context).Scores);
            foreach (var domain in prose.GetProperty("domains").EnumerateObject())
            {
                foreach (var document in domain.Value.GetProperty("documents").EnumerateArray())
                {
                    var ids = ScoredPair.Ints(document.GetProperty("ids"));
                    Assert.Equal(ids, p.Tokenizer!.Encode(document.GetProperty("text").GetString()!, addSpecialTokens: true));
                    var scores = ScoredPair.Windows(document, context, p).SelectMany(_ => windows.Dequeue()).ToList();
                    Assert.Equal(ids.Length - 1, scores.Count);
                    foreach (var (key, value) in new[] { ("nll_p", -scores.Sum(s => s.LogP)), ("nll_q", -scores.Sum(s => s.LogQ)),
                        ("gain", scores.Sum(s => Math.Max(0, s.LogQ - s.LogP))), ("loss", scores.Sum(s => Math.Max(0, s.LogP - s.LogQ))) })
                    {
                        var want = document.GetProperty(key).GetDouble();
                        Assert.True(Math.Abs(want - value) <= 1e-5 * scores.Count + 1e-4 * Math.Abs(want), $"{domain.Name} at {context}: {key} is {value}, transformers has {want}");
                    }
                }
            }

            Assert.Empty(windows);
        }
    }

    internal static (JsonElement Golden, LanguageModel Base, LanguageModel Candidate) Open(string name)
    {
        var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFiles.Require("vetting", name), "golden.json"))).RootElement;
        var paths = new[] { "base", "candidate" }.Select(k => Path.GetFullPath(Path.Combine(GoldenFiles.Root, "..", golden.GetProperty(k).GetString()!))).ToArray();
        foreach (var path in paths)
            if (!Directory.Exists(path)) Assert.Skip($"{path} is not there.");
        return GoldenFiles.OrSkip(() => (golden, LanguageModel.Open(paths[0]), LanguageModel.Open(paths[1])));
    }
}
