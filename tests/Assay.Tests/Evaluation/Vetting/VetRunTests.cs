using Assay.Evaluation;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Vetting;

/// <summary>A small comparison, item by item against the definition.</summary>
public sealed class VetRunTests
{
    private static LanguageModel Open(string stage) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", stage));

    private static VetPlan Plan(LanguageModel baseModel, LanguageModel candidate) => new()
    {
        Base = ModelIdentity.Of(baseModel), Candidate = ModelIdentity.Of(candidate), Seed = 3, SeedSource = "a test", Items = 2, MaxNewTokens = 5,
            DocumentsPerDomain = 1, Context = 64,
        Domains = ["records"], ChatTemplate = true, Clock = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public void Items_are_the_bases_greedy_answers_and_both_models_log_probabilities_of_them()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var plan = Plan(baseModel, candidate);
        var samples = new VetRun(baseModel, candidate, plan).Measure(null, null, TestContext.Current.CancellationToken);
        Assert.Equal(["benign", "benign", "trigger", "trigger"], samples.Items.Select(i => i.Panel));
        foreach (var item in samples.Items)
        {
            Assert.Equal(baseModel.EncodeChat(item.Prompt, plan.Clock), item.PromptTokens);
            int[] text = [.. item.PromptTokens, .. item.Continuation];
            var (p, q) = (LogProbabilities(baseModel, text), LogProbabilities(candidate, text));
            Assert.InRange(item.Continuation.Length, 1, plan.MaxNewTokens);
            Assert.Equal(item.Stopped, baseModel.Generation.EosTokenIds.Contains(item.Continuation[^1]));
            Assert.Equal(item.Continuation.Length, item.Scores.Length);
            for (var k = 0; k < item.Continuation.Length; k++)
            {
                var (before, after, score) = (p[item.PromptTokens.Length + k - 1], q[item.PromptTokens.Length + k - 1], item.Scores[k]);
                Assert.Equal(item.Continuation[k], score.Token);
                Assert.Equal(Array.IndexOf(before, before.Max()), item.Continuation[k]);
                Assert.Equal(before[score.Token], score.LogP, 1e-4);
                Assert.Equal(after[score.Token], score.LogQ, 1e-4);
                Assert.Equal(before.Zip(after, (a, b) => Math.Exp(a) * (a - b)).Sum(), score.Kl, 1e-3 + 1e-3 * score.Kl);
            }
        }

        var document = Assert.Single(samples.Documents);
        Assert.Equal("records", document.Domain);
        Assert.Equal(baseModel.RequireTokenizer().Decode(document.Tokens, skipSpecialTokens: true).Length, document.Bytes, 1.0);
    }

    [Fact]
    public void What_the_journal_holds_is_not_measured_again()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var plan = Plan(baseModel, candidate);
        var journal = new Kept();
        var first = new VetRun(baseModel, candidate, plan, together: 1).Measure(journal, null, TestContext.Current.CancellationToken);
        Assert.Equal((4, 1), (journal.Items.Count, journal.Documents.Count));
        // One item is forgotten, one is another: only the first is measured, the other is believed.
        journal.Items.Remove(first.Items[1].Id);
        journal.Items[first.Items[2].Id] = first.Items[2] with { Prompt = "kept as it was" };
        journal.Added.Clear();
        var second = new VetRun(baseModel, candidate, plan).Measure(journal, null, TestContext.Current.CancellationToken);
        Assert.Equal([first.Items[1].Id], journal.Added);
        Assert.Equal(first.Items[1].Scores, second.Items[1].Scores);
        Assert.Equal("kept as it was", second.Items[2].Prompt);
        Assert.Same(first.Documents[0], second.Documents[0]);
    }

    [Fact]
    public void Sums_over_all_scores_are_those_of_a_loop()
    {
        static TokenScore Score(double kl, double p, double q) => new(1, kl, 0, 0, p, q, 0, 0, 0, 0, 0, 0);
        var item = new VetItem("i", "benign", "s", "p", [1], [1, 1], false, [Score(0, -1, -1), Score(.5, -1, -2)]);
        var document = new VetDocument("d", "records", 3, [1, 1], [Score(2, -1, -1)]);
        var agreement = Agreement.Of(new VetSamples([item], [document]));
        Assert.Equal(new Agreement(3, 2, 2), agreement);
    }

    [Fact]
    public void Comparability_names_the_tokens_that_moved()
    {
        using var baseModel = Open("aligned");
        using var same = Open("before");
        using var other = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gpt2", "aligned"));
        var close = Comparability.Of(baseModel, same, null);
        Assert.Null(close.TokenDifference);
        Assert.Empty(close.AddedTokens);
        Assert.Equal((1, true), (close.MedianCosine, close.Matched));
        var (before, after) = (baseModel.RequireTokenizer().Vocabulary, other.RequireTokenizer().Vocabulary);
        var (moved, missing) = (before.Count(t => after.TryGetValue(t.Key, out var id) && id != t.Value), before.Count(t => !after.ContainsKey(t.Key)));
        var far = Comparability.Of(baseModel, other, null);
        if (moved + missing == 0) Assert.Null(far.TokenDifference);
        if (moved > 0) Assert.Contains($"{moved} of the base's {before.Count} tokens have another id", far.TokenDifference, StringComparison.Ordinal);
        if (missing > 0) Assert.Contains($"{missing} are missing", far.TokenDifference, StringComparison.Ordinal);
        Assert.Equal(after.Count(t => !before.ContainsKey(t.Key)), far.AddedTokens.Count);
    }

    /// <summary>Log-softmax in double over the entries that the tokenizer can name.</summary>
    private static double[][] LogProbabilities(LanguageModel model, int[] text)
    {
        var logits = model.Logits(text);
        return [.. Enumerable.Range(0, text.Length).Select(row =>
        {
            var values = logits.Skip(row * model.Spec.VocabularySize).Take(model.ValidVocabulary).Select(v => (double)v).ToArray();
            var most = values.Max();
            var log = most + Math.Log(values.Sum(v => Math.Exp(v - most)));
            return values.Select(v => v - log).ToArray();
        })];
    }

    private sealed class Kept : IVetJournal
    {
        public Dictionary<string, VetItem> Items { get; } = [];

        public Dictionary<string, VetDocument> Documents { get; } = [];

        public List<string> Added { get; } = [];

        public VetItem? FindItem(string id) => Items.GetValueOrDefault(id);

        public VetDocument? FindDocument(string id) => Documents.GetValueOrDefault(id);

        public void Add(VetItem item)
        {
            Items[item.Id] = item;
            Added.Add(item.Id);
        }

        public void Add(VetDocument document)
        {
            Documents[document.Id] = document;
            Added.Add(document.Id);
        }
    }
}
