using System.Diagnostics;
using System.Text.Json;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Runs;

namespace Assay.Benchmarks;

/// <summary>How fast a comparison scores, against the pair scorer alone on the same texts, in turns in one process.</summary>
/// <param name="Name">What was scored.</param>
/// <param name="HeldTo">Whether the comparison is held to the pair scorer's rate.</param>
/// <param name="RowsPerSecond">Rows a second of the comparison, median.</param>
/// <param name="Ratios">Rate of the comparison over that of the pair scorer, of each turn.</param>
internal sealed record ScoringRate(string Name, bool HeldTo, double RowsPerSecond, IReadOnlyList<double> Ratios)
{
    private const int Together = VetCost.Few;

    /// <summary>The median ratio.</summary>
    public double Median => Ratios.Order().ElementAt(Ratios.Count / 2);

    /// <summary>Scores the base's answers and reference text of the Llama organism both ways.</summary>
    /// <param name="items">Items of the panel.</param>
    /// <param name="turns">How often each.</param>
    public static IReadOnlyList<ScoringRate> Measure(int items, int turns)
    {
        using var baseModel = LanguageModel.Open(ModelBenchmark.Organism("aligned"));
        using var candidate = LanguageModel.Open(ModelBenchmark.Organism("before"), null, baseModel);
        var design = new VetDesign { Windows = [512] };
        var plan = new VetPlan
        {
            Base = ModelIdentity.Of(baseModel), Candidate = ModelIdentity.Of(candidate), Seed = 7, SeedSource = "a benchmark", Items = items,
            MaxNewTokens = 256, DocumentsPerDomain = Math.Max(1, items / 12),
            Design = design, Measures = [], Domains = Assay.Evaluation.Prompts.ProseDomains.Names, ChatTemplate = true, Clock = VetRequest.DefaultClock,
        };
        var (answers, prose) = (VetDesign.BaseAnswers(VetDesign.Benign), VetDesign.Prose(512));
        return
        [
            Measure("reference text", true, baseModel, candidate, plan, new SetNeed(prose, ScoreColumns.All), turns),
            Measure("the base's answers", true, baseModel, candidate, plan, new SetNeed(answers, ScoreColumns.All), turns),
            Measure("the base's answers with the sums over 75 temperatures (M6)", false, baseModel, candidate, plan,
                new SetNeed(answers, ScoreColumns.All, Temperatures: true), turns),
        ];
    }

    private static ScoringRate Measure(string name, bool heldTo, LanguageModel baseModel, LanguageModel candidate, VetPlan plan, SetNeed need, int turns)
    {
        var folder = Directory.CreateTempSubdirectory("assay-rate-").FullName;
        try
        {
            using var contexts = ScoreStore.Temporary();
            var first = new VetWork(baseModel, candidate, plan, [need], contexts);
            first.Restore();
            first.Run(Together, null, default);
            var items = contexts.Items(need.Set);
            var texts = items.Select(i => contexts.Contexts(need.Set, i).Contexts.Select(c => new ScoredText([.. c.Ids], c.FirstScored)).ToArray()).ToList();
            double rows = texts.Sum(t => t.Sum(c => (long)c.Tokens.Length - 1));
            var pair = new PairScorer(baseModel, candidate);
            double Alone()
            {
                var watch = Stopwatch.StartNew();
                foreach (var group in texts.Chunk(Together)) pair.Score([.. group.SelectMany(t => t)]);
                return watch.Elapsed.TotalSeconds;
            }

            double Whole(int turn)
            {
                using var journal = RunJournal.Open(Path.Combine(folder, $"{turn}.jsonl"), "a benchmark");
                using var store = ScoreStore.Open(Path.Combine(folder, $"{turn}.bin"));
                foreach (var block in store.Add([.. items.Select(i => ScoreStore.ContextKey(need.Set, i)).Select(k => (k, contexts.Payload(k)))]))
                    journal.Add(block.Key, (Utf8JsonWriter json) => JournalEntry.Write(json, block));
                var work = new VetWork(baseModel, candidate, plan, [need], store, journal);
                work.Restore();
                var watch = Stopwatch.StartNew();
                work.Run(Together, null, default);
                return watch.Elapsed.TotalSeconds;
            }

            var (seconds, ratios) = (new List<double>(), new List<double>());
            for (var turn = -2; turn < turns; turn++)
            {
                // Whichever comes first may find the machine in another state.
                var (alone, whole) = turn % 2 == 0 ? (Alone(), Whole(turn)) : Swap(Whole(turn), Alone());
                if (turn < 0) continue;
                seconds.Add(whole);
                ratios.Add(alone / whole);
            }

            return new ScoringRate(name, heldTo, rows / seconds.Order().ElementAt(turns / 2), ratios);
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        static (double, double) Swap(double whole, double alone) => (alone, whole);
    }
}
