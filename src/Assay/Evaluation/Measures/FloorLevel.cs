using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Yardsticks;

namespace Assay.Evaluation.Measures;

/// <summary>What rounding alone gives at the same positions: divergences are raised to it before any ratio or logarithm, so that a figure that is almost 0
/// makes no ratio large.</summary>
/// <remarks>protocol.md, "At the floor".</remarks>
internal static class FloorLevel
{
    /// <summary>The floor's scores of the same columns of the same sets; none where the floor is not among the yardsticks.</summary>
    /// <param name="design">What the comparison covers.</param>
    /// <param name="needs">What is raised to the floor.</param>
    public static Needs NeedsOf(VetDesign design, Needs needs) => !design.Yardsticks.Contains(YardstickCatalogue.Floor.Id) ? Needs.None
        : new Needs([.. needs.Sets.Select(n => new SetNeed(n.Set.Under(YardstickCatalogue.Floor.Id), n.Columns, Items: design.YardstickItems))]);

    /// <summary>The floor's scores of a set; null where there are none.</summary>
    public static SetScores? Scores(MeasureInput input, ContextSet set)
    {
        var floor = set.Under(YardstickCatalogue.Floor.Id);
        return input.Design.Yardsticks.Contains(YardstickCatalogue.Floor.Id) && input.Scores.Has(floor) ? input.Scores.Scores(floor) : null;
    }

    /// <summary>Mean of a column over all scored tokens.</summary>
    public static double Rate(SetScores scores, ScoreColumns column) => FixedOrderSum.Mean(scores.Values(column).SelectMany(v => v).ToArray());

    /// <summary>Mean over the floor's items of their mean over tokens; 0 where there is no floor.</summary>
    public static double ItemMean(MeasureInput input, ContextSet set, ScoreColumns column) =>
        Scores(input, set) is { Items.Count: > 0 } floor ? FixedOrderSum.Mean(ItemPanel.Of(floor, column).Means) : 0;

    /// <summary>ln of the ratio of two means, each raised to its floor: 0, stamped, where both are at theirs.</summary>
    /// <param name="statistics">Draws the resamples.</param>
    /// <param name="above">Clusters of the mean above the line.</param>
    /// <param name="below">The same clusters of the mean below it.</param>
    /// <param name="floorAbove">The floor's mean of the first.</param>
    /// <param name="floorBelow">The floor's mean of the second.</param>
    public static Quantity LogRatio(Statistician statistics, Cluster[] above, Cluster[] below, double floorAbove, double floorBelow)
    {
        Estimate a = statistics.Mean(above), b = statistics.Mean(below);
        if (double.IsNaN(a.Value) || double.IsNaN(b.Value)) return new Estimated(statistics.LogRatio(above, below));
        // A floor is itself estimated; it is taken as it is.
        return (a.Value > floorAbove, b.Value > floorBelow) switch
        {
            (true, true) => new Estimated(statistics.LogRatio(above, below)),
            (true, false) => Against(a, floorAbove, floorBelow, 1, "the figure below the line is at the floor"),
            (false, true) => Against(b, floorBelow, floorAbove, -1, "the figure above the line is at the floor"),
            (false, false) => new AtFloor(a.N),
        };
    }

    /// <summary>Sign times the logarithm of a mean, which is not below <paramref name="least"/>, over a constant.</summary>
    private static Quantity Against(Estimate mean, double least, double constant, int sign, string words)
    {
        if (!(constant > 0)) return new NotMeasurable("a figure is 0 and so is its floor", mean.N);
        double Log(double value) => sign * Math.Log(Math.Max(value, least) / constant);
        double first = Log(mean.Low), second = Log(mean.High);
        return new Estimated(mean with { Value = Log(mean.Value), Low = Math.Min(first, second), High = Math.Max(first, second),
            Method = $"{mean.Method}, {words}" });
    }
}
