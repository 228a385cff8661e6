using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>How far two models agree over everything that was scored: for candidates that compute the same function in another order.</summary>
public sealed class AgreementMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.Kl | ScoreColumns.ReverseKl | ScoreColumns.Jsd | ScoreColumns.LogP | ScoreColumns.LogQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("agreement", "Positions that differ at all",
        "scored positions at which a divergence or a log-probability differs; the largest KLD of all", "protocol.md, EQUIVALENT", "tokens; nats",
        "Contexts that the run did not hold.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design) => Needs.Of(Sets(design), Columns);

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        long positions = 0, differing = 0;
        var largest = 0.0;
        foreach (var scores in Sets(input.Design).Select(input.Scores.Scores))
        {
            double[][] kl = scores.Values(ScoreColumns.Kl), reverse = scores.Values(ScoreColumns.ReverseKl), jsd = scores.Values(ScoreColumns.Jsd),
                p = scores.Values(ScoreColumns.LogP), q = scores.Values(ScoreColumns.LogQ);
            for (var i = 0; i < kl.Length; i++)
            {
                for (var k = 0; k < kl[i].Length; k++)
                {
                    positions++;
                    if (!(kl[i][k] == 0 && reverse[i][k] == 0 && jsd[i][k] == 0 && p[i][k] == q[i][k])) differing++;
                    largest = Math.Max(largest, kl[i][k]);
                }
            }
        }

        if (positions == 0) yield break;
        var where = new Where(null, "all positions of the base's greedy answers and of reference text");
        yield return new Measurement("agreement.differing_positions", new Described(differing, positions), "tokens", where);
        yield return new Measurement("agreement.largest_kld", new Described(largest, positions), "nats", where);
    }

    private static IEnumerable<ContextSet> Sets(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return design.Panels.Select(p => VetDesign.BaseAnswers(p)).Concat(design.Windows.Take(1).Select(VetDesign.Prose));
    }
}
