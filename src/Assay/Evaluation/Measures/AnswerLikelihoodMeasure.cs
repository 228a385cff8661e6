using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>Part of M7: how likely both models find the base's own answers, and how sure they are while reading them.</summary>
public sealed class AnswerLikelihoodMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.LogP | ScoreColumns.LogQ | ScoreColumns.EntropyP | ScoreColumns.EntropyQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M7-answers", "Likelihood of the base's own answers",
        "mean of −log p and −log q over the tokens of the base's answers; their difference, all tokens and those from the 16th on, with and without the one " +
            "that ends the answer; entropy of q less that of p",
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
            yield return SetWords.Estimated($"nll.{panel}.delta", Mean(delta), "nats/token", set, ", candidate less base, paired");
            yield return SetWords.Estimated($"nll.{panel}.delta_from_16", Late(scores.Items, delta, 0), "nats/token", set,
                ", candidate less base, tokens from 16 on");
            yield return SetWords.Estimated($"nll.{panel}.delta_from_16_before_end", Late(scores.Items, delta, 1), "nats/token", set,
                ", candidate less base, tokens from 16 on but the one that ends the answer");
            yield return SetWords.Estimated($"entropy.{panel}.drift", Mean(drift), "nats/token", set, ", candidate less base");
        }

        Estimate Mean(double[][] values) => input.Statistics.Mean([.. values.Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))]);

        // A position is one within an answer; an item has as many answers as templates.
        Estimate Late(IReadOnlyList<ScoredItem> items, double[][] values, int ends) => Mean([.. items.Zip(values, (item, v) =>
            item.Cut(v).Zip(item.Contexts, (answer, context) => answer[Math.Min(PositionMeasure.LateFrom - 1, answer.Length)..]
                .SkipLast(context.Stopped ? ends : 0)).SelectMany(x => x).ToArray())]);
    }
}
