using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>Part of M7: how likely both models find the base's own answers, and how sure they are while reading them.</summary>
public sealed class AnswerLikelihoodMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.LogP | ScoreColumns.LogQ | ScoreColumns.EntropyP | ScoreColumns.EntropyQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M7-answers", "Likelihood of the base's own answers",
        "mean of −log p and −log q over the tokens of the base's answers; their difference, all tokens and those from the 16th on; entropy of q less that of p",
        "protocol.md M6 and M7", "nats/token", "Answers that the base would not have given.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), Columns);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            var set = VetDesign.BaseAnswers(panel);
            var scores = input.Scores.Scores(set);
            if (scores.Items.Count == 0) continue;
            var (p, q) = (scores.Values(ScoreColumns.LogP), scores.Values(ScoreColumns.LogQ));
            var delta = p.Zip(q, (a, b) => a.Zip(b, (x, y) => x - y).ToArray()).ToArray();
            var drift = scores.Values(ScoreColumns.EntropyP, ScoreColumns.EntropyQ, (a, b) => b - a);
            yield return SetWords.Described($"nll.{panel}.base", -FixedOrderSum.Mean(p.SelectMany(v => v).ToArray()), scores.Tokens, "nats/token", set);
            yield return SetWords.Described($"nll.{panel}.candidate", -FixedOrderSum.Mean(q.SelectMany(v => v).ToArray()), scores.Tokens, "nats/token", set);
            yield return SetWords.Estimated($"nll.{panel}.delta", Mean(delta, 0), "nats/token", set, ", candidate less base, paired");
            yield return SetWords.Estimated($"nll.{panel}.delta_from_16", Mean(delta, PositionMeasure.LateFrom - 1), "nats/token", set,
                ", candidate less base, tokens from 16 on");
            yield return SetWords.Estimated($"entropy.{panel}.drift", Mean(drift, 0), "nats/token", set, ", candidate less base");
        }

        Estimate Mean(double[][] values, int skip) =>
            input.Statistics.Mean([.. values.Select(v => new Cluster("", FixedOrderSum.Of(v.AsSpan(Math.Min(skip, v.Length))), Math.Max(0, v.Length - skip)))]);
    }
}
