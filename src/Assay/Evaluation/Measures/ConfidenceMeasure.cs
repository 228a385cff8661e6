using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M5: divergence by how sure the base was, and how often the candidate overturns it where it was sure.</summary>
public sealed class ConfidenceMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.Kl | ScoreColumns.TopP | ScoreColumns.ArgmaxP | ScoreColumns.ArgmaxQ;
    private static readonly double[] s_edges = [0, .25, .5, .75, .95, 1];

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M5", "Divergence by the base's confidence",
        "mean KLD of tokens whose largest base probability lies in [0, .25), [.25, .5), [.5, .75), [.75, .95), [.95, 1]; confident flips: share of the last whose arg-max differs",
        "protocol.md M5", "nats/token; share", "Whether a flip made the answer wrong.");

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
            var (kl, top) = (scores.Values(ScoreColumns.Kl), scores.Values(ScoreColumns.TopP));
            var flips = scores.Values(ScoreColumns.ArgmaxP, ScoreColumns.ArgmaxQ, (p, q) => p != q ? 1 : 0);
            for (var b = 0; b + 1 < s_edges.Length; b++)
            {
                var (from, to, last) = (s_edges[b], s_edges[b + 1], b + 2 == s_edges.Length);
                var inside = kl.SelectMany((item, i) => item.Where((_, t) => top[i][t] >= from && (last || top[i][t] < to))).ToArray();
                yield return SetWords.Described($"kld.{panel}.base_confidence.{SetWords.Number(from)}-{SetWords.Number(to)}", FixedOrderSum.Mean(inside), inside.Length,
                    "nats/token", set, ", tokens by the base's top probability");
            }

            var clusters = scores.Items.Select((_, i) =>
            {
                var sure = flips[i].Where((_, t) => top[i][t] >= s_edges[^2]).ToArray();
                return new Cluster("", sure.Sum(), sure.Length);
            }).ToArray();
            yield return SetWords.Described($"flips.{panel}", flips.Sum(f => f.Sum()), scores.Tokens, "tokens", set, ", arg-max differs");
            yield return SetWords.Estimated($"confident_flips.{panel}", input.Statistics.Mean(clusters).Within(0, 1), "share", set,
                ", of tokens at which the base's top probability is at least .95");
            yield return SetWords.Described($"confident_flips.{panel}.count", clusters.Sum(c => c.Total), (long)clusters.Sum(c => c.Weight), "tokens", set,
                ", arg-max differs where the base's top probability is at least .95");
        }
    }
}
