namespace Assay.Tests.Models.Sampling;

/// <summary>Pearson's test of observed against expected counts, with MathNet's distribution.</summary>
internal static class ChiSquared
{
    internal static double PValue(IReadOnlyList<int> observed, IReadOnlyList<double> expected)
    {
        double statistic = 0, rareExpected = 0;
        long rareObserved = 0;
        var cells = 0;
        for (var i = 0; i < observed.Count; i++)
        {
            // Cells too small for the approximation are pooled.
            if (expected[i] < 10)
            {
                rareExpected += expected[i];
                rareObserved += observed[i];
                continue;
            }
            statistic += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
            cells++;
        }
        if (rareExpected >= 10)
        {
            statistic += (rareObserved - rareExpected) * (rareObserved - rareExpected) / rareExpected;
            cells++;
        }
        return 1 - MathNet.Numerics.Distributions.ChiSquared.CDF(cells - 1, statistic);
    }
}
