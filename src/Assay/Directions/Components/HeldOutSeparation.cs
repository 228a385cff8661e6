namespace Assay.Directions.Components;

/// <summary>How well a component tells apart samples that it was not estimated on.</summary>
/// <param name="Auc">Probability that a target lies further along it than a baseline, ties half; its sense is that of the samples it was estimated on.</param>
/// <param name="StandardError">Of the area.</param>
/// <param name="Targets">Samples.</param>
/// <param name="Baselines">Samples.</param>
public sealed record HeldOutSeparation(double Auc, double StandardError, int Targets, int Baselines)
{
    /// <summary>Area under the ROC curve with its standard error by placements.</summary>
    /// <remarks>DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two or more correlated receiver operating characteristic curves".</remarks>
    /// <param name="targets">Scores, at least one.</param>
    /// <param name="baselines">Scores, at least one.</param>
    public static HeldOutSeparation Of(ReadOnlySpan<double> targets, ReadOnlySpan<double> baselines)
    {
        ArgumentOutOfRangeException.ThrowIfZero(targets.Length);
        ArgumentOutOfRangeException.ThrowIfZero(baselines.Length);
        var (above, below) = (Placements(targets, baselines), Placements(baselines, targets));
        var area = above.Average();
        return new HeldOutSeparation(area, Math.Sqrt(Variance(above) / above.Length + Variance(below) / below.Length), targets.Length, baselines.Length);
    }

    /// <summary>Of each score, the share of the others that lie below it, ties half.</summary>
    private static double[] Placements(ReadOnlySpan<double> scores, ReadOnlySpan<double> others)
    {
        var sorted = others.ToArray();
        Array.Sort(sorted);
        var placements = new double[scores.Length];
        for (var i = 0; i < scores.Length; i++) placements[i] = (Below(sorted, scores[i], false) + Below(sorted, scores[i], true)) / 2.0 / sorted.Length;
        return placements;
    }

    private static int Below(double[] sorted, double score, bool orEqual)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < score || (orEqual && sorted[middle] == score)) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static double Variance(double[] values)
    {
        if (values.Length < 2) return 0;
        var mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }
}
