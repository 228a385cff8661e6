using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M9: answers that loop, never end, repeat themselves, or are of another length.</summary>
public sealed class DegeneracyMeasure : IMeasure
{
    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M9", "Degenerate answers",
        "loop: not ended, and at least 3 whole periods of 1–128 tokens that cover at least 24 tokens stand at the end; cut: not ended within the tokens allowed; distinct-4: different " +
        "4-grams over all; EOS hazard: answers ended over tokens written; length ratio: ln of the candidate's tokens over the base's", "protocol.md M9", "share",
        "Answers that end and are nonsense.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.SelectMany(Sets), ScoreColumns.None);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            var (first, second) = (Read(input.Scores, VetDesign.BaseAnswers(panel)), Read(input.Scores, VetDesign.CandidateAnswers(panel)));
            foreach (var (who, set, answers) in new[] { ("base", VetDesign.BaseAnswers(panel), first), ("candidate", VetDesign.CandidateAnswers(panel), second) })
            {
                if (answers.Count == 0) continue;
                yield return Share($"answers.{panel}.{who}.loops", set, answers, a => a.Loops, ", answers that end in a loop");
                yield return Share($"answers.{panel}.{who}.cut", set, answers, a => !a.Stopped, ", answers that did not end within the tokens allowed");
                yield return SetWords.Estimated($"answers.{panel}.{who}.distinct_4", input.Statistics.Mean(Clusters(answers, a => a.Distinct, a => a.Grams)).Within(0, 1), "share",
                    set, ", different 4-grams over all of an answer");
                yield return SetWords.Estimated($"answers.{panel}.{who}.eos_hazard", input.Statistics.Mean(Clusters(answers, a => a.Stopped ? 1 : 0, a => a.Tokens)).Within(0, 1),
                    "share", set, ", answers ended over tokens written");
                yield return SetWords.Estimated($"answers.{panel}.{who}.length", input.Statistics.Mean(Clusters(answers, a => a.Tokens, _ => 1)).Within(0), "tokens", set, ", tokens of an answer");
            }

            if (first.Count == 0 || first.Count != second.Count) continue;
            var where = VetDesign.CandidateAnswers(panel);
            yield return Difference($"answers.{panel}.loops_delta", a => a.Loops, ", loops, candidate less base, paired");
            yield return Difference($"answers.{panel}.cut_delta", a => !a.Stopped, ", answers cut, candidate less base, paired");
            yield return SetWords.Estimated($"answers.{panel}.length_ratio", input.Statistics.LogRatio(Clusters(second, a => a.Tokens, _ => 1), Clusters(first, a => a.Tokens, _ => 1)),
                "ln ratio", where, " against the base's: tokens of all answers");

            Measurement Difference(string id, Func<Answer, bool> of, string words) => SetWords.Estimated(id,
                TangoInterval.Clustered([.. second.Zip(first, (b, a) => PairedCounts.Of([.. b.Select(of)], [.. a.Select(of)]))]), "share", where, words);
        }
    }

    private static Measurement Share(string id, ContextSet set, List<Answer[]> items, Func<Answer, bool> of, string words) => SetWords.Estimated(id,
        WilsonInterval.Clustered([.. items.Select(i => ((long)i.Count(of), (long)i.Length))]), "share", set, words);

    private static IEnumerable<ContextSet> Sets(string panel) => [VetDesign.BaseAnswers(panel), VetDesign.CandidateAnswers(panel)];

    private static Cluster[] Clusters(List<Answer[]> items, Func<Answer, double> total, Func<Answer, double> weight) =>
        [.. items.Select(i => new Cluster("", i.Sum(total), i.Sum(weight)))];

    /// <summary>The answers of each item.</summary>
    private static List<Answer[]> Read(ScoreStore store, ContextSet set)
    {
        var items = new List<Answer[]>();
        foreach (var item in store.Items(set))
        {
            if (!store.Contains(ScoreStore.ContextKey(set, item))) continue;
            items.Add([.. store.Contexts(set, item).Contexts.Select(context =>
            {
                var ids = context.Ids.AsSpan()[context.FirstScored..];
                return new Answer(ids.Length, context.Stopped, LoopDetector.Period(ids, context.Stopped) is not null, LoopDetector.DistinctGrams(ids, 4),
                    Math.Max(0, ids.Length - 3));
            })]);
        }

        return items;
    }

    private sealed record Answer(int Tokens, bool Stopped, bool Loops, int Distinct, int Grams);
}
