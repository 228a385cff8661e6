using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Runs;
using Assay.Tests.Golden;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

/// <summary>A small comparison, item by item against the definition.</summary>
public sealed class VetWorkTests
{
    private static LanguageModel Open(string stage) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", stage));

    private static VetPlan Plan(LanguageModel baseModel, LanguageModel candidate) => new()
    {
        Base = ModelIdentity.Of(baseModel), Candidate = ModelIdentity.Of(candidate), Seed = 3, SeedSource = "a test", Items = 2, MaxNewTokens = 5, DocumentsPerDomain = 1,
        Design = new VetDesign { Windows = [64] }, Measures = [], Domains = ["records"], ChatTemplate = true, Clock = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public void Items_are_the_writers_greedy_answers_and_both_models_log_probabilities_of_them()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var plan = Plan(baseModel, candidate);
        var needs = MeasureCatalogue.Union(MeasureCatalogue.All, plan.Design);
        using var store = ScoreStore.Temporary();
        var work = new VetWork(baseModel, candidate, plan, [.. needs.Select(n => n with { Columns = ScoreColumns.All })], store);
        Assert.Equal(0, work.Restore());
        work.Run(2, null, TestContext.Current.CancellationToken);
        var panels = new Panels(plan);
        foreach (var set in new[] { VetDesign.BaseAnswers("benign"), VetDesign.BaseAnswers("trigger"), VetDesign.CandidateAnswers("benign"), VetDesign.CandidateAnswers("trigger") })
        {
            var writer = set.Policy == Policy.Base ? baseModel : candidate;
            var scores = store.Scores(set);
            Assert.Equal(panels.Items(set.Panel).Select(i => i.Item), scores.Items.Select(i => i.Item));
            double[][] token = scores.Values(ScoreColumns.Token), kl = scores.Values(ScoreColumns.Kl), logP = scores.Values(ScoreColumns.LogP), logQ = scores.Values(ScoreColumns.LogQ);
            for (var i = 0; i < scores.Items.Count; i++)
            {
                var context = Assert.Single(store.Contexts(set, scores.Items[i].Item).Contexts);
                int[] prompt = baseModel.EncodeChat(panels.Items(set.Panel)[i].Text, plan.Clock), text = [.. context.Ids];
                Assert.Equal(prompt, text[..context.FirstScored]);
                var answer = text[context.FirstScored..];
                var (p, q) = (LogProbabilities(baseModel, text), LogProbabilities(candidate, text));
                Assert.InRange(answer.Length, 1, plan.MaxNewTokens);
                Assert.Equal(context.Stopped, baseModel.Generation.EosTokenIds.Contains(answer[^1]));
                Assert.Equal(answer.Length, token[i].Length);
                for (var k = 0; k < answer.Length; k++)
                {
                    var (before, after) = (p[prompt.Length + k - 1], q[prompt.Length + k - 1]);
                    var chosen = writer == baseModel ? before : after;
                    Assert.Equal(answer[k], (int)token[i][k]);
                    Assert.Equal(Array.IndexOf(chosen, chosen.Max()), answer[k]);
                    Assert.Equal(before[answer[k]], logP[i][k], 1e-4);
                    Assert.Equal(after[answer[k]], logQ[i][k], 1e-4);
                    Assert.Equal(before.Zip(after, (a, b) => Math.Exp(a) * (a - b)).Sum(), kl[i][k], 1e-3 + 1e-3 * kl[i][k]);
                }
            }
        }

        var document = Assert.Single(store.Scores(VetDesign.Prose(64)).Items);
        Assert.Equal(("records", panels.Items("prose-64")[0].Bytes), (document.Stratum, document.Bytes));
    }

    [Fact]
    public void What_the_journal_holds_is_not_computed_again_and_the_bytes_are_those_of_an_undisturbed_run()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var plan = Plan(baseModel, candidate);
        var needs = MeasureCatalogue.Union([new DivergenceMeasure()], plan.Design);
        using var folder = new TemporaryFolder();
        byte[][] Run(string name, int together, CancellationToken cancellation, bool finish = true)
        {
            var (scores, entries) = (Path.Combine(folder.Path, name + ".bin"), Path.Combine(folder.Path, name + ".jsonl"));
            using (var journal = RunJournal.Open(entries, "plan"))
            using (var store = ScoreStore.Open(scores))
            {
                var work = new VetWork(baseModel, candidate, plan, needs, store, journal);
                Restored = work.Restore();
                try
                {
                    work.Run(together, null, cancellation);
                }
                catch (OperationCanceledException) when (!finish)
                {
                    return [];
                }

                work.Finish();
            }

            return [File.ReadAllBytes(scores), File.ReadAllBytes(entries)];
        }

        var whole = Run("whole", 32, TestContext.Current.CancellationToken);
        Assert.Equal(0, Restored);
        // Cut down to half of its units in another order, with a torn block behind them.
        var half = Run("half", 1, TestContext.Current.CancellationToken);
        var lines = File.ReadAllLines(Path.Combine(folder.Path, "half.jsonl"));
        var kept = lines.Skip(1).Where((_, i) => i % 2 == 1).Reverse().ToList();
        File.WriteAllText(Path.Combine(folder.Path, "half.jsonl"), string.Join("", kept.Prepend(lines[0]).Select(l => l + "\n")));
        using (var file = File.Open(Path.Combine(folder.Path, "half.bin"), FileMode.Append)) file.Write([1, 2, 3]);
        var resumed = Run("half", 3, TestContext.Current.CancellationToken);
        Assert.Equal(kept.Count, Restored);
        Assert.Equal(whole, half);
        Assert.Equal(whole, resumed);
    }

    [Fact]
    public void A_block_that_was_changed_on_the_disk_is_refused()
    {
        using var baseModel = Open("aligned");
        var plan = Plan(baseModel, baseModel) with { Items = 1 };
        var needs = MeasureCatalogue.Union([new PerplexityMeasure()], plan.Design);
        using var folder = new TemporaryFolder();
        var (scores, entries) = (Path.Combine(folder.Path, "scores.bin"), Path.Combine(folder.Path, "journal.jsonl"));
        using (var journal = RunJournal.Open(entries, "plan"))
        using (var store = ScoreStore.Open(scores))
        {
            var work = new VetWork(baseModel, baseModel, plan, needs, store, journal);
            work.Restore();
            work.Run(4, null, TestContext.Current.CancellationToken);
        }

        var bytes = File.ReadAllBytes(scores);
        bytes[^20] ^= 1;
        File.WriteAllBytes(scores, bytes);
        using var again = RunJournal.Open(entries, "plan");
        using var damaged = ScoreStore.Open(scores);
        var refused = Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => new VetWork(baseModel, baseModel, plan, needs, damaged, again).Restore());
        Assert.Contains("--fresh", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_of_yardsticks_are_taken_from_the_cache_and_are_those_that_would_be_computed()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var plan = Plan(baseModel, candidate);
        plan = plan with { Design = plan.Design with { Yardsticks = ["floor", "rounded-4"] } };
        var needs = MeasureCatalogue.Union([new YardstickMeasure()], plan.Design);
        using var folder = new TemporaryFolder();
        var notes = new List<string>();
        byte[] Run(string? cache)
        {
            var path = Path.Combine(folder.Path, $"{Guid.NewGuid():N}.bin");
            using (var store = ScoreStore.Open(path))
            {
                var work = new VetWork(baseModel, candidate, plan, needs, store, cache: cache is null ? null : new YardstickCache(cache, plan, notes.Add));
                work.Restore();
                work.Run(2, null, TestContext.Current.CancellationToken);
                work.Finish();
            }

            return File.ReadAllBytes(path);
        }

        var alone = Run(null);
        var cached = Path.Combine(folder.Path, "cache");
        Assert.Equal(alone, Run(cached));
        var files = Directory.GetFiles(cached, "*", SearchOption.AllDirectories);
        // Two panels of two items and a document, under two yardsticks.
        Assert.Equal(2 * (2 * 2 + 1), files.Length);
        Assert.Equal(alone, Run(cached));
        // It is read: another payload with its hash shows in the run; one that is damaged does not.
        var bytes = File.ReadAllBytes(files[0]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(files[0], bytes);
        Assert.Equal(alone, Run(cached));
        bytes = File.ReadAllBytes(files[0]);
        bytes[^1] ^= 1;
        System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(32)).CopyTo(bytes, 0);
        File.WriteAllBytes(files[0], bytes);
        Assert.NotEqual(alone, Run(cached));
        Assert.Empty(notes);
        // What cannot be written is told once, and the run goes on.
        var blocked = Path.Combine(folder.Path, "blocked");
        File.WriteAllText(blocked, "a file");
        Assert.Equal(alone, Run(blocked));
        Assert.Contains("cannot be kept", Assert.Single(notes), StringComparison.Ordinal);
    }

    private int Restored { get; set; }

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

    [Fact]
    public void Under_two_templates_an_item_has_the_answers_to_both()
    {
        using var baseModel = Open("aligned");
        using var candidate = Open("before");
        var one = Plan(baseModel, candidate);
        var two = one with { Design = one.Design with { PanelTemplates = [ContextSet.Plain, "brief"], Samples = 2 } };
        foreach (var temperature in new[] { 0.0, 1 })
        {
            var set = VetDesign.BaseAnswers("benign", temperature);
            var item = new Panels(two).Items("benign")[1];
            var contexts = Assert.Single(new ContextWriter(baseModel, candidate, two).Write(set, [item], TestContext.Current.CancellationToken)).Contexts;
            var samples = temperature == 0 ? 1 : 2;
            Assert.Equal(Enumerable.Range(0, 2 * samples), contexts.Select(c => c.Sample));
            foreach (var (context, k) in contexts.Select((c, k) => (c, k)))
                Assert.Equal(PromptTemplates.Encode(baseModel, k < samples ? ContextSet.Plain : "brief", item, two.Chat), context.Ids[..context.FirstScored]);
            // What another template is put beside it changes no answer.
            var alone = new ContextWriter(baseModel, candidate, two with { Design = two.Design with { PanelTemplates = [ContextSet.Plain] } })
                .Write(set, [item], TestContext.Current.CancellationToken)[0];
            Assert.Equal(alone.Contexts.Select(c => c.Ids), contexts.Take(samples).Select(c => c.Ids));
        }
    }

    [Fact]
    public void In_its_own_packaging_the_candidate_reads_its_own_prompt_before_the_bases_answer()
    {
        using var baseModel = Open("aligned");
        using var candidate = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "qwen3", "before"));
        var plan = Plan(baseModel, candidate);
        var set = VetDesign.BaseAnswers("benign");
        var items = new Panels(plan).Items("benign");
        using var store = ScoreStore.Temporary();
        var answered = new ContextWriter(baseModel, candidate, plan).Write(set, items, TestContext.Current.CancellationToken);
        var own = new ContextWriter(baseModel, candidate, plan).Write(set with { Own = true }, items, TestContext.Current.CancellationToken);
        for (var i = 0; i < items.Count; i++)
        {
            Assert.Equal(answered[i].Contexts[0].Ids, own[i].Contexts[0].Ids);
            Assert.Equal(candidate.EncodeChat(items[i].Text, plan.Clock), own[i].Contexts[0].OwnPrompt);
            // The store gives back what was written, own prompts included.
            store.Add([(ScoreStore.ContextKey(set with { Own = true }, items[i].Item), ScoreStore.Encode(own[i]))]);
            var read = store.Contexts(set with { Own = true }, items[i].Item).Contexts[0];
            Assert.Equal((own[i].Contexts[0].OwnPrompt.AsEnumerable(), own[i].Contexts[0].Ids.AsEnumerable()),
                (read.OwnPrompt.AsEnumerable(), read.Ids.AsEnumerable()), Same);
        }

        static bool Same((IEnumerable<int> A, IEnumerable<int> B) x, (IEnumerable<int> A, IEnumerable<int> B) y) => x.A.SequenceEqual(y.A)
            && x.B.SequenceEqual(y.B);
    }
}
