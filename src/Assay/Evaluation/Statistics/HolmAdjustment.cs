namespace Assay.Evaluation.Statistics;

/// <summary>p values of several tests, adjusted so that the probability of any false finding stays below the level they are compared with.</summary>
/// <remarks>Holm, A simple sequentially rejective multiple test procedure, 1979. Valid under any dependence.</remarks>
public static class HolmAdjustment
{
    /// <summary>Adjusted p values, in the order given.</summary>
    /// <param name="p">p values in [0, 1].</param>
    /// <param name="tests">How many tests the family has; at least as many as p values, and all of them where left out. A family fixed before a run may have
    /// tests that could not be made: they count as p = 1.</param>
    public static double[] Compute(IReadOnlyList<double> p, int? tests = null)
    {
        var m = tests ?? p.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(m, p.Count, nameof(tests));
        var adjusted = new double[p.Count];
        double largest = 0;
        foreach (var (i, rank) in Enumerable.Range(0, p.Count).OrderBy(i => Probability(p[i])).Select((i, rank) => (i, rank)))
            adjusted[i] = largest = Math.Max(largest, Math.Min(1, (m - rank) * p[i]));
        return adjusted;
    }

    internal static double Probability(double p) => p is >= 0 and <= 1 ? p : throw new ArgumentOutOfRangeException(nameof(p), p, "A p value lies in [0, 1].");
}
