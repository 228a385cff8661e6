namespace Assay.Evaluation.Statistics;

/// <summary>Wilson's score interval of a single proportion of independent trials.</summary>
public static class WilsonInterval
{
    /// <summary>The proportion with its interval; value NaN and no interval where n is 0.</summary>
    /// <param name="count">Successes, 0 to n.</param>
    /// <param name="n">Trials.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    /// <remarks>Wilson, Probable inference, 1927.</remarks>
    public static Estimate Compute(long count, long n, double level = .95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, n);
        if (n == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no trials");
        return Compute((double)count / n, n, level) with { N = n };
    }

    /// <summary>The interval of trials that come in clusters: n is divided by the design effect, max(1, clustered / independent variance).</summary>
    /// <param name="clusters">Successes and trials of each cluster; those without trials are passed over.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    /// <remarks>Rao and Scott, A simple method for the analysis of clustered binary data, 1992; the design effect is that of
    /// <see cref="TangoInterval.DesignEffect"/>. n of the estimate is the number of clusters.</remarks>
    public static Estimate Clustered(IReadOnlyList<(long Count, long Trials)> clusters, double level = .95)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        var (count, trials) = (clusters.Sum(c => c.Count), clusters.Sum(c => c.Trials));
        if (trials == 0) return Compute(0, 0, level);
        // Of single trials the two variances are the same number; rounding must not make a design effect of them.
        var effect = clusters.All(c => c.Trials <= 1) ? 1 : TangoInterval.DesignEffect([.. clusters.Select(c => new PairedCounts(c.Count, 0, c.Trials))]);
        return Compute((double)count / trials, trials / effect, level) with
        {
            N = clusters.Count(c => c.Trials > 0), Method = effect > 1 ? FormattableString.Invariant($"Wilson, design effect {effect:0.##}") : "Wilson",
        };
    }

    /// <summary>The same of a share that rests on as much as n independent trials, which need be no whole number.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="n">Above 0.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    internal static Estimate Compute(double share, double n, double level)
    {
        var z = NormalDistribution.Quantile(.5 + level / 2);
        var scale = 1 + z * z / n;
        var centre = (share + z * z / (2 * n)) / scale;
        var half = z * Math.Sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale;
        // The bounds are exactly 0 and 1 there; rounding would leave 1e-17.
        return new Estimate(share, share == 0 ? 0 : centre - half, share == 1 ? 1 : centre + half, level, (long)n, "Wilson");
    }
}
