using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M6: how much of the divergence a single temperature on the candidate explains.</summary>
public sealed class TemperatureMeasure : IMeasure
{
    // Below this mean divergence, nats a token, rounding of float64 sums decides which temperature is best.
    private const double Rounding = 1e-12;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M6", "Divergence that a temperature explains",
        "1 − min over T of E KL(p‖softmax(log q / T)) / E KL(p‖q), each raised to the floor's; T from .5 to 6.7, by interpolation in 1/T",
        "protocol.md M6", "share", "Whether sharper or flatter answers are worse.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        var needs = new Needs([.. design.Panels.Select(p => new SetNeed(VetDesign.BaseAnswers(p), ScoreColumns.Kl, Temperatures: true))]);
        return needs.And(FloorLevel.NeedsOf(design, needs));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            var set = VetDesign.BaseAnswers(panel);
            if (FitOf(input, set) is not { } fit) continue;
            var (scores, where) = (fit.Scores, ", a single temperature on the candidate");
            if (!double.IsFinite(fit.Total) || !double.IsFinite(fit.Least))
            {
                yield return new Measurement($"temperature.{panel}.explained", new NotMeasurable("a divergence is infinite or no number", scores.Items.Count),
                    "share", new Where(set, SetWords.Words(set) + where));
                continue;
            }

            if (fit.IsAtFloor)
            {
                yield return new Measurement($"temperature.{panel}.explained", new AtFloor(scores.Items.Count), "share",
                    new Where(set, SetWords.Words(set) + where));
                continue;
            }

            int[] tokens = [.. scores.Items.Select(i => i.Tokens)];
            yield return SetWords.Described($"temperature.{panel}.best", 1 / fit.Inverse, scores.Items.Count, "T", set, ", at which the divergence is least");
            yield return SetWords.Described($"temperature.{panel}.kld_at_best", fit.Least / scores.Tokens, scores.Tokens, "nats/token", set,
                where + " at its best");
            yield return SetWords.Estimated($"temperature.{panel}.explained", input.Statistics.Percentile(scores.Strata, (drawn, into) =>
            {
                var (all, at) = Totals(fit.Kl, fit.Sums, drawn);
                var least = 0.0;
                for (var i = 0; i < tokens.Length; i++) least += fit.Floor * drawn[i] * tokens[i];
                // A resample at the floor is explained by nothing.
                into[0] = all <= least ? 0 : 1 - Math.Max(least, TemperatureGrid.Least(at).Sum) / all;
            }, 1)[0], "share", set, where + ", share of the divergence explained");
        }
    }

    /// <summary>1/T of the best temperature on the base's greedy answers to a panel; null where none was fitted, or the divergence is at its floor, so that
    /// none is called for.</summary>
    internal static double? BestInverse(MeasureInput input, string panel) =>
        FitOf(input, VetDesign.BaseAnswers(panel)) is { IsAtFloor: false, Inverse: > 0 and var inverse } ? inverse : null;

    /// <summary>The best temperature of a set; null of one that was not scored, or without sums over temperatures.</summary>
    private static Fit? FitOf(MeasureInput input, ContextSet set)
    {
        if (!input.Scores.Has(set, ScoreColumns.Kl)) return null;
        var scores = input.Scores.Scores(set);
        var sums = scores.Fits().Select(Sum).ToArray();
        if (sums.Length == 0 || sums.Any(i => i.Length != TemperatureGrid.Nodes.Count)) return null;
        var kl = scores.Values(ScoreColumns.Kl).Select(v => FixedOrderSum.Of(v)).ToArray();
        var (total, all) = Totals(kl, sums, [.. sums.Select(_ => 1)]);
        var (inverse, least) = TemperatureGrid.Least(all);
        var floor = FloorLevel.Scores(input, set) is { } rounded ? FloorLevel.Rate(rounded, ScoreColumns.Kl) : 0;
        return new Fit(scores, kl, sums, total, floor, inverse, least);
    }

    private static double[] Sum(double[][] contexts)
    {
        var sums = new double[contexts.Length == 0 ? 0 : contexts[0].Length];
        foreach (var context in contexts)
            for (var k = 0; k < sums.Length; k++) sums[k] += context[k];
        return sums;
    }

    private static (double Total, double[] Sums) Totals(double[] kl, double[][] items, ReadOnlySpan<int> drawn)
    {
        var total = 0.0;
        var sums = new double[TemperatureGrid.Nodes.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var times = drawn[i];
            if (times == 0) continue;
            total += times * kl[i];
            for (var k = 0; k < sums.Length; k++) sums[k] += times * items[i][k];
        }

        return (total, sums);
    }

    /// <param name="Scores">The set.</param>
    /// <param name="Kl">Of each item the sum of its divergences, nats.</param>
    /// <param name="Sums">The same at each node of the grid, (items, nodes).</param>
    /// <param name="Total">Sum of the divergences.</param>
    /// <param name="Floor">The floor's mean divergence, nats a token; 0 without a floor.</param>
    /// <param name="Inverse">1/T at which the sum is least.</param>
    /// <param name="Least">That sum.</param>
    private sealed record Fit(SetScores Scores, double[] Kl, double[][] Sums, double Total, double Floor, double Inverse, double Least)
    {
        // False where the total is not a number.
        public bool IsAtFloor => Total <= Math.Max(Rounding, Floor) * Scores.Tokens;
    }
}
