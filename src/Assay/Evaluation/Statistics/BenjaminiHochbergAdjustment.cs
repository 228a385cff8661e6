namespace Assay.Evaluation.Statistics;

/// <summary>p values of several tests, adjusted so that the expected share of false findings among all findings stays below the level q they are compared
/// with.</summary>
/// <remarks>Benjamini and Hochberg, Controlling the false discovery rate, 1995. For exploration; valid where tests are independent or positively
/// dependent.</remarks>
public static class BenjaminiHochbergAdjustment
{
    /// <summary>Adjusted p values, in the order given.</summary>
    /// <param name="p">p values in [0, 1].</param>
    public static double[] Compute(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        double least = 1;
        foreach (var (i, rank) in Enumerable.Range(0, p.Count).OrderBy(i => HolmAdjustment.Probability(p[i])).Select((i, rank) => (i, rank)).Reverse())
            adjusted[i] = least = Math.Min(least, p[i] * p.Count / (rank + 1));
        return adjusted;
    }
}
