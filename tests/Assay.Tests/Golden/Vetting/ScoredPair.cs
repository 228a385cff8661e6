using System.Collections.Concurrent;
using System.Text.Json;
using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Tests.Golden.Vetting;

/// <summary>A golden comparison's texts under both models, scored once for all tests that read them.</summary>
internal sealed class ScoredPair
{
    private static readonly ConcurrentDictionary<string, Lazy<ScoredPair>> s_known = new(StringComparer.Ordinal);

    private readonly Dictionary<string, (TokenScore[][] Scores, double[][] Fits)> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (TokenScore[][] Scores, double[][] Fits)> _prose = [];

    private ScoredPair(string name)
    {
        var (golden, p, q) = ScoringTests.Open(name);
        using var first = p;
        using var second = q;
        var scorer = new PairScorer(p, q);
        foreach (var policy in Policies)
            _answers[policy] = Score([.. golden.GetProperty("items").EnumerateArray().Select(item => Answer(item, policy))]);
        foreach (var prose in golden.GetProperty("prose").EnumerateArray())
        {
            var context = prose.GetProperty("context").GetInt32();
            _prose[context] = Score([.. Documents(prose).SelectMany(d => Windows(d, context, p))]);
        }

        (TokenScore[][], double[][]) Score(ScoredText[] texts) => ([.. scorer.Score(texts, TemperatureGrid.Nodes, out var fits)], fits);
    }

    /// <summary>Who wrote the answers, and how.</summary>
    public static IReadOnlyList<string> Policies { get; } = ["greedy_p", "greedy_q", "sample_p", "sample_q"];

    /// <summary>The pair of a golden folder; skips where its models are not there.</summary>
    public static ScoredPair Of(string name) => s_known.GetOrAdd(name, n => new Lazy<ScoredPair>(() => new ScoredPair(n))).Value;

    /// <summary>Of each item the scores of its answer, and the sums over temperatures.</summary>
    public (TokenScore[][] Scores, double[][] Fits) Answers(string policy) => _answers[policy];

    /// <summary>The same of the windows of each document, domain after domain.</summary>
    public (TokenScore[][] Scores, double[][] Fits) Prose(int context) => _prose[context];

    public static ScoredText Answer(JsonElement item, string policy)
    {
        var (prompt, reply) = (Ints(item.GetProperty("prompt")), Ints(item.GetProperty(policy)));
        return new ScoredText([.. prompt, .. reply], prompt.Length);
    }

    public static IEnumerable<JsonElement> Documents(JsonElement prose) => prose.GetProperty("domains").EnumerateObject()
        .SelectMany(domain => domain.Value.GetProperty("documents").EnumerateArray());

    public static IEnumerable<ScoredText> Windows(JsonElement document, int context, LanguageModel model)
    {
        var ids = Ints(document.GetProperty("ids"));
        return ProseWindows.Plan(ids.Length, context).Select(w => ScoredText.Of(ids, w, model.RequireTokenizer().BosAdded));
    }

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
