using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>Part of M6: how well the largest probability says how often the likeliest token is the one that comes, in reference text.</summary>
public sealed class CalibrationMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.TopP | ScoreColumns.TopQ | ScoreColumns.ArgmaxP | ScoreColumns.ArgmaxQ | ScoreColumns.Token;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M6-calibration", "Calibration on reference text",
        "ECE of the largest probability against whether its token comes, 15 bins of equal mass by the stable order; Brier score of the same",
        "protocol.md M6; Naeini, Cooper and Hauskrecht 2015; Brier 1950", "share", "Calibration of answers to questions.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Windows.Select(VetDesign.Prose), Columns);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var window in input.Design.Windows)
        {
            var set = VetDesign.Prose(window);
            var scores = input.Scores.Scores(set);
            if (scores.Items.Count == 0) continue;
            var prefix = window == input.Design.Windows[0] ? "calibration" : $"calibration-{window}";
            var brier = new double[2][][];
            foreach (var (side, who, top, argmax) in new[] { (0, "base", ScoreColumns.TopP, ScoreColumns.ArgmaxP), (1, "candidate", ScoreColumns.TopQ, ScoreColumns.ArgmaxQ) })
            {
                var confidence = scores.Values(top);
                var hit = scores.Values(argmax, ScoreColumns.Token, (a, t) => a == t ? 1.0 : 0);
                yield return SetWords.Described($"{prefix}.{who}.ece", Calibration.Compute([.. confidence.SelectMany(v => v)], [.. hit.SelectMany(v => v).Select(h => h == 1)]).ExpectedError, scores.Tokens, "share", set,
                    ", expected calibration error of the largest probability");
                brier[side] = [.. confidence.Zip(hit, (c, h) => c.Zip(h, (x, y) => (x - y) * (x - y)).ToArray())];
                yield return SetWords.Estimated($"{prefix}.{who}.brier", Mean(brier[side]).Within(0, 1), "share", set, ", Brier score of the largest probability");
            }

            yield return SetWords.Estimated($"{prefix}.brier_drift", Mean([.. brier[1].Zip(brier[0], (q, p) => q.Zip(p, (a, b) => a - b).ToArray())]).Within(-1, 1), "share", set,
                ", Brier score of the largest probability, candidate less base, paired");
        }

        Estimate Mean(double[][] values) => input.Statistics.Mean([.. values.Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))]);
    }
}
