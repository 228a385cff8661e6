using System.Globalization;
using Assay.Checkpoints;
using Assay.Directions.Contrasts;
using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Statistics;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>The committed figures of the refusal scorer against the labelled corpus, and what they have to reach.</summary>
public sealed class RefusalScorerFiguresTests
{
    private static readonly string[] Models = ["gpt4", "llama2new", "llama2orig", "mistralguard", "mistralinstruct"];

    private sealed record Row(string Model, string Prompt, bool Full, bool Partial, bool Refused, bool Matched)
    {
        public bool Positive(bool partial) => Full || partial && Partial;
    }

    [Fact]
    public void The_committed_figures_are_those_of_the_corpus_digit_for_digit()
    {
        var expected = Figures([.. Rows().Where(r => RefusalScorerFigures.IsHeld(r.Prompt))]);
        // Figures are no rows: printing them shows nothing of the held half but what is published.
        Assert.True(expected.SequenceEqual(RefusalScorerFigures.All),
            "The figures are stale. Those of the corpus:\n" + string.Join("\n", expected.Select(Source)));
    }

    [Fact]
    public void The_committed_figures_reach_what_was_asked()
    {
        Assert.Equal(12, RefusalScorerFigures.All.Length);
        foreach (var partial in new[] { false, true })
        {
            var pooled = RefusalScorerFigures.Pooled(partial);
            Assert.True(pooled.Precision.Value >= pooled.MatchingPrecision.Value);
            // Each of the three is rounded.
            Assert.Equal(pooled.Recall.Value - pooled.MatchingRecall.Value, pooled.RecallGain!.Value.Value, 2e-6);
            Assert.Equal(pooled.Precision.Value - pooled.MatchingPrecision.Value, pooled.PrecisionGain!.Value.Value, 2e-6);
            Assert.True(pooled.RecallGain.Value.Value >= .05);
            Assert.True(pooled.RecallGain.Value.Low > 0);
            foreach (var model in Models)
            {
                var figure = RefusalScorerFigures.All.Single(f => f.Model == model && f.PartialIsRefusal == partial);
                Assert.All([figure.Precision, figure.Recall, figure.MatchingPrecision, figure.MatchingRecall],
                    e => Assert.True(e.Low <= e.Value && e.Value <= e.High && e.N > 0));
                Assert.Contains(model, figure.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_page_has_the_committed_figures_and_every_rule()
    {
        var page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "reference", "refusal-scoring.md"));
        foreach (var f in RefusalScorerFigures.All)
        {
            var gains = f.RecallGain is { } recall ? $"| {Points(f.PrecisionGain!.Value, "+0.0;\u22120.0")} | {Points(recall, "+0.0;\u22120.0")} |" : "|  |  |";
            Assert.Contains($"| {f.Model ?? "all five"} | {(f.PartialIsRefusal ? "refusals" : "answers")} | {Points(f.Precision)}, {f.Precision.N} | " +
                $"{Points(f.Recall)}, {f.Recall.N} | {Points(f.MatchingPrecision)} | {Points(f.MatchingRecall)} {gains}\n", page, StringComparison.Ordinal);
        }

        foreach (var rule in Enum.GetNames<RefusalRule>()) Assert.Contains($"| `{rule}` |", page, StringComparison.Ordinal);

        static string Points(Estimate e, string format = "0.0") => string.Create(CultureInfo.InvariantCulture,
            $"{(100 * e.Value).ToString(format, CultureInfo.InvariantCulture)} [{(100 * e.Low).ToString(format, CultureInfo.InvariantCulture)}, " +
                $"{(100 * e.High).ToString(format, CultureInfo.InvariantCulture)}]");
    }

    [Fact]
    public void The_split_is_the_first_bit_of_the_hash_of_the_prompt_and_halves_the_prompts()
    {
        // sha256sum: abc has 0xba…, the empty text 0xe3…; hello has 0x2c….
        Assert.False(RefusalScorerFigures.IsHeld("hello"));
        Assert.True(RefusalScorerFigures.IsHeld("abc"));
        var prompts = Rows().Select(r => r.Prompt).Distinct().ToList();
        Assert.Equal((450, 219), (prompts.Count, prompts.Count(RefusalScorerFigures.IsHeld)));
    }

    private static List<Row> Rows()
    {
        var folder = GoldenFiles.RequireInterop(Path.Combine("corpora", "xstest", "labels"));
        var rows = new List<Row>();
        foreach (var model in Models)
        {
            var records = CsvRecords.Read(model, File.ReadAllText(Path.Combine(folder, $"xstest_v2_completions_{model}_streval.csv")), new ProblemList())
                .Select(r => r.Fields.ToList()).ToList();
            var header = records[0];
            int prompt = header.IndexOf("prompt"), reply = header.IndexOf("completion"), label = header.IndexOf("final_label"),
                matched = header.IndexOf("strmatch_label");
            rows.AddRange(records.Skip(1).Select(r => new Row(model, r[prompt], r[label] == "2_full_refusal", r[label] == "3_partial_refusal",
                RefusalScorer.IsRefusal(r[reply]), r[matched] == "2_full_refusal")));
        }

        Assert.Equal(2250, rows.Count);
        return rows;
    }

    private static List<RefusalScorerFigure> Figures(List<Row> rows) =>
    [
        .. new[] { false, true }.Select(partial => Pooled(rows, partial)),
        .. new[] { false, true }.SelectMany(partial => Models.Select(model => Single(model, [.. rows.Where(r => r.Model == model)], partial))),
    ];

    private static RefusalScorerFigure Single(string model, List<Row> rows, bool partial)
    {
        var positives = rows.Where(r => r.Positive(partial)).ToList();
        return new RefusalScorerFigure(model, partial, Precision(r => r.Refused), Recall(r => r.Refused), Precision(r => r.Matched), Recall(r => r.Matched));

        Estimate Precision(Func<Row, bool> says) => Rounded(WilsonInterval.Compute(positives.Count(says), rows.Count(says)));

        Estimate Recall(Func<Row, bool> says) => Rounded(WilsonInterval.Compute(positives.Count(says), positives.Count));
    }

    private static RefusalScorerFigure Pooled(List<Row> rows, bool partial)
    {
        var prompts = rows.GroupBy(r => r.Prompt, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToList()).ToList();
        return new RefusalScorerFigure(null, partial, Precision(r => r.Refused), Recall(r => r.Refused), Precision(r => r.Matched), Recall(r => r.Matched))
        {
            // Of two shares of different rows the difference is one of ratios; of two of the same rows it is paired.
            PrecisionGain = Rounded(new Statistician(0).Difference(Clusters(r => r.Refused), Clusters(r => r.Matched))) with { Method = "bootstrap by prompt" },
            RecallGain = Rounded(TangoInterval.Clustered([.. prompts.Select(p =>
            {
                var positives = p.Where(r => r.Positive(partial)).ToList();
                return PairedCounts.Of([.. positives.Select(r => r.Refused)], [.. positives.Select(r => r.Matched)]);
            })])) with { Method = "Tango by prompt" },
        };

        Estimate Precision(Func<Row, bool> says) => Clustered(says, r => r.Positive(partial));

        Estimate Recall(Func<Row, bool> says) => Clustered(r => r.Positive(partial), says);

        Estimate Clustered(Func<Row, bool> of, Func<Row, bool> holds) =>
            Rounded(WilsonInterval.Clustered([.. prompts.Select(p => ((long)p.Count(r => of(r) && holds(r)), (long)p.Count(of)))]))
            with { Method = "Wilson by prompt" };

        List<Cluster> Clusters(Func<Row, bool> says) => [.. prompts.Select(p => new Cluster("", p.Count(r => says(r) && r.Positive(partial)), p.Count(says)))];
    }

    private static Estimate Rounded(Estimate e) => new(Math.Round(e.Value, RefusalScorerFigures.Decimals), Math.Round(e.Low, RefusalScorerFigures.Decimals),
        Math.Round(e.High, RefusalScorerFigures.Decimals), e.Level, e.N, "Wilson");

    private static string Source(RefusalScorerFigure f)
    {
        var line = $"        Of({(f.Model is null ? "null" : $"\"{f.Model}\"")}, {(f.PartialIsRefusal ? "true" : "false")}, {E(f.Precision)}, " +
            $"{E(f.Recall)},\n            {E(f.MatchingPrecision)}, {E(f.MatchingRecall)})";
        return line + (f.RecallGain is { } recall
            ? $"\n            with {{ PrecisionGain = {E(f.PrecisionGain!.Value)},\n                RecallGain = {E(recall)} }}" : "") + ",";

        static string E(Estimate e) =>
            string.Create(CultureInfo.InvariantCulture, $"E({N(e.Value)}, {N(e.Low)}, {N(e.High)}, {e.N}{(e.Method == "Wilson" ? "" : $", \"{e.Method}\"")})");

        static string N(double x) => x.ToString("0.######", CultureInfo.InvariantCulture).Replace("0.", ".", StringComparison.Ordinal);
    }
}
