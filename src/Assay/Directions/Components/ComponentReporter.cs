using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Directions.Estimators;
using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;
using Assay.Models.Sampling;

namespace Assay.Directions.Components;

/// <summary>Says of each component what it is: editing.md, "What the field does, and gets wrong".</summary>
public static class ComponentReporter
{
    /// <summary>Shuffles of a permutation test.</summary>
    public const int DefaultShuffles = 999;

    // Of the largest score: what rounding leaves of samples that are equal.
    private const double Rounding = 1e-13;

    /// <summary>Reports on the components that an estimator finds.</summary>
    /// <param name="estimator">Whose components.</param>
    /// <param name="rows">Samples of the direction split.</param>
    /// <param name="heldOut">Samples of another split, at the same place; null for none.</param>
    /// <param name="shuffles">Shuffles of the permutation test; 0 for none.</param>
    /// <param name="seed">Of the shuffles.</param>
    /// <param name="team">Threads, which change no result; null for the calling one alone.</param>
    /// <param name="cancellation">Honoured between shuffles.</param>
    public static IReadOnlyList<ComponentReport> Report(
        DirectionEstimator estimator, ContrastRows rows, ContrastRows? heldOut, int shuffles = DefaultShuffles, long seed = 0, WorkTeam? team = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentNullException.ThrowIfNull(rows);
        var axes = estimator.Fit(rows).Axes;
        var difference = rows.Moments(covariance: false).Difference();
        var separations = axes.Select(a => Separation(rows, a)).ToArray();
        var measurable = Math.Min(rows.Targets, rows.Baselines) >= 2 && !separations.All(double.IsNaN);
        var shuffled = shuffles > 0 && measurable ? Shuffled(estimator, rows, axes.Count, shuffles, seed, team, cancellation) : null;
        return [.. axes.Select((axis, c) => new ComponentReport(
            estimator.Name,
            c,
            DoubleVectors.Cosine(axis, difference),
            BetweenShare(rows, axis),
            separations[c],
            shuffled is null || double.IsNaN(separations[c]) ? null : Outcome(separations[c], shuffled[c]),
            heldOut is null ? null : HeldOut(rows, heldOut, axis),
            estimator.UsesPairs ? rows.PairsAreReal : null))];
    }

    /// <summary>|difference of the sides' means| / pooled standard deviation of the samples along an axis: infinite where neither side varies beyond rounding, NaN of one sample a side.</summary>
    internal static double Separation(ContrastRows rows, double[] axis)
    {
        var (a, b) = (Along(rows.Targets, rows.Target, axis), Along(rows.Baselines, rows.Baseline, axis));
        if (a.Length + b.Length < 3) return double.NaN;
        var deviation = Math.Sqrt((Squares(a) + Squares(b)) / (a.Length + b.Length - 2));
        var apart = Math.Abs(a.Average() - b.Average());
        var noise = Rounding * Math.Max(TensorPrimitives.MaxMagnitude<double>(a), TensorPrimitives.MaxMagnitude<double>(b));
        // Not by the quotient of two roundings, which equal samples in another order would have otherwise.
        return apart <= noise ? 0 : deviation <= noise ? double.PositiveInfinity : apart / deviation;
    }

    /// <summary>The statistic of every component under every shuffle: labels are drawn anew over all samples and pairs with them, and the components are estimated anew each time. Swapping labels within pairs would leave DᵀD as it is and test nothing.</summary>
    /// <returns>(components)(shuffles).</returns>
    private static double[][] Shuffled(DirectionEstimator estimator, ContrastRows rows, int components, int shuffles, long seed, WorkTeam? team, CancellationToken cancellation)
    {
        var statistics = Enumerable.Range(0, components).Select(_ => new double[shuffles]).ToArray();
        if (team is null)
        {
            for (var s = 0; s < shuffles; s++) Once(s, 0);
        }
        else
        {
            team.Run(shuffles, Once);
        }

        return statistics;

        void Once(int shuffle, int worker)
        {
            cancellation.ThrowIfCancellationRequested();
            var relabelled = rows.Relabelled(Order(rows.Targets + rows.Baselines, seed, shuffle));
            IReadOnlyList<double[]> axes;
            try
            {
                axes = estimator.Fit(relabelled).Axes;
            }
            catch (InvalidInputException)
            {
                axes = [];
            }

            // A component that shuffled labels do not have separates nothing.
            for (var c = 0; c < Math.Min(components, axes.Count); c++) statistics[c][shuffle] = Separation(relabelled, axes[c]);
        }
    }

    /// <summary>A permutation (Fisher and Yates) that depends on seed and number alone.</summary>
    internal static int[] Order(int count, long seed, int number)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)(CounterRandom.Uniform(seed, number, i) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    private static PermutationResult Outcome(double observed, double[] shuffled)
    {
        var sorted = shuffled.Order().ToArray();
        // Shuffles that leave the labels as they are reproduce the statistic only to rounding.
        // One that has no number is no evidence, so it counts against.
        var extreme = sorted.Count(s => !(s < observed * (1 - 1e-9)));
        return new PermutationResult((1.0 + extreme) / (1 + sorted.Length), sorted.Length, sorted[sorted.Length / 2], sorted[(int)Math.Ceiling(.95 * sorted.Length) - 1]);
    }

    private static double BetweenShare(ContrastRows rows, double[] axis)
    {
        var (a, b) = (Along(rows.Targets, rows.Target, axis), Along(rows.Baselines, rows.Baseline, axis));
        var apart = a.Average() - b.Average();
        var between = (double)a.Length * b.Length / (a.Length + b.Length) * apart * apart;
        return between > 0 ? between / (between + Squares(a) + Squares(b)) : 0;
    }

    private static HeldOutSeparation HeldOut(ContrastRows rows, ContrastRows heldOut, double[] axis)
    {
        var sense = Along(rows.Targets, rows.Target, axis).Average() >= Along(rows.Baselines, rows.Baseline, axis).Average() ? 1 : -1;
        return HeldOutSeparation.Of(
            [.. Along(heldOut.Targets, heldOut.Target, axis).Select(x => sense * x)],
            [.. Along(heldOut.Baselines, heldOut.Baseline, axis).Select(x => sense * x)]);
    }

    private static double[] Along(int count, SampleRow row, double[] axis)
    {
        var scores = new double[count];
        for (var i = 0; i < count; i++) scores[i] = DoubleVectors.Dot(row(i), axis);
        return scores;
    }

    private static double Squares(double[] values)
    {
        var mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean));
    }
}
