using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>Probability on ids beyond the base's vocabulary, before those were removed: a harm.</summary>
public sealed class UnnamedIdsMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.PaddingP | ScoreColumns.PaddingQ | ScoreColumns.AddedQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("unnamed-ids", "Probability on ids that no tokenizer names",
        "mean over items of the softmax mass on ids that the model's own tokenizer cannot name; candidate less base; and the candidate's mass on tokens that only it has",
        "protocol.md, Notation and Verdicts", "share", "What the ids would be decoded to by another program.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), Columns)
            .And(Needs.Of(design.Windows.Take(1).Select(VetDesign.Prose), Columns));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        double paddingP = 0, paddingQ = 0, added = 0;
        long tokens = 0;
        foreach (var panel in input.Design.Panels)
        {
            var set = VetDesign.BaseAnswers(panel);
            var scores = input.Scores.Scores(set);
            if (scores.Items.Count == 0) continue;
            double[] p = Means(ScoreColumns.PaddingP, ref paddingP), q = Means(ScoreColumns.PaddingQ, ref paddingQ), a = Means(ScoreColumns.AddedQ, ref added);
            tokens += scores.Tokens;
            yield return SetWords.Described($"unnamed_ids.{panel}.base", FixedOrderSum.Mean(p), p.Length, "share", set,
                ", probability on ids that the tokenizer cannot name, before they were removed");
            yield return SetWords.Described($"unnamed_ids.{panel}.candidate", FixedOrderSum.Mean(q), q.Length, "share", set, ", the same of the candidate");
            var delta = Clusters([.. q.Zip(p, (after, before) => after - before)]);
            yield return new Measurement($"unnamed_ids.{panel}.delta", Harm.At(level => input.Statistics.Mean(delta, level).Within(-1, 1),
                input.Design.HarmTests), "share",
                new Where(set, SetWords.Words(set) + ", candidate less base, paired"));
            yield return SetWords.Estimated($"added_tokens.{panel}.candidate", input.Statistics.Mean(Clusters(a)).Within(0, 1), "share", set,
                ", probability on tokens that only the candidate has, before they were removed");

            double[] Means(ScoreColumns column, ref double largest)
            {
                var values = scores.Values(column);
                largest = Math.Max(largest, values.Max(v => v.DefaultIfEmpty().Max()));
                return [.. values.Select(v => FixedOrderSum.Mean(v))];
            }

            Cluster[] Clusters(double[] means) => [.. means.Select((m, i) => new Cluster(scores.Items[i].Stratum, m))];
        }

        foreach (var window in input.Design.Windows.Take(1))
        {
            var scores = input.Scores.Scores(VetDesign.Prose(window));
            tokens += scores.Tokens;
            paddingP = Math.Max(paddingP, Largest(ScoreColumns.PaddingP));
            paddingQ = Math.Max(paddingQ, Largest(ScoreColumns.PaddingQ));
            added = Math.Max(added, Largest(ScoreColumns.AddedQ));

            double Largest(ScoreColumns column) => scores.Values(column).SelectMany(v => v).DefaultIfEmpty().Max();
        }

        var where = new Where(null, "all positions that both panels and reference text scored");
        yield return new Measurement("unnamed_ids.largest.base", new Described(paddingP, tokens), "share", where);
        yield return new Measurement("unnamed_ids.largest.candidate", new Described(paddingQ, tokens), "share", where);
        yield return new Measurement("added_tokens.largest.candidate", new Described(added, tokens), "share", where);
    }
}
