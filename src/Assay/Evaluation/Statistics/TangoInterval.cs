namespace Assay.Evaluation.Statistics;

/// <summary>The score interval of the difference of two paired proportions; it has width also where no pair differs.</summary>
/// <remarks>Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design, Statistics in Medicine 17,
/// 1998.</remarks>
public static class TangoInterval
{
    /// <summary>The difference (up − down) / n with its interval; value NaN and no interval where n is 0.</summary>
    /// <param name="up">Pairs that hold under the first and not under the second; need be no whole number.</param>
    /// <param name="down">Pairs that hold under the second and not under the first.</param>
    /// <param name="n">All pairs.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Compute(double up, double down, double n, double level = .95)
    {
        Check(up, down, n);
        if (n == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no pairs");
        var z = NormalDistribution.Quantile(.5 + level / 2);
        var difference = (up - down) / n;
        // The score falls as the difference tested rises: it passes z below the estimate and −z above it.
        var low = difference <= -1 ? -1 : SpecialFunctions.Bisect(-1, difference, d => Score(up, down, n, d) > z);
        var high = difference >= 1 ? 1 : SpecialFunctions.Bisect(difference, 1, d => Score(up, down, n, d) > -z);
        return new Estimate(difference, low, high, level, (long)n, "Tango");
    }

    /// <summary>The interval of pairs that come in clusters: n and flips are divided by the design effect, max(1, clustered / independent variance).</summary>
    /// <param name="clusters">Counts of each cluster; those without pairs are passed over.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    /// <remarks>protocol.md, Statistics. n of the estimate is the number of clusters.</remarks>
    public static Estimate Clustered(IReadOnlyList<PairedCounts> clusters, double level = .95)
    {
        // Of single pairs the two variances are the same number; rounding must not make a design effect of them.
        var effect = clusters.All(c => c.Pairs <= 1) ? 1 : DesignEffect(clusters);
        long up = 0, down = 0, n = 0;
        foreach (var c in clusters) (up, down, n) = (up + c.Up, down + c.Down, n + c.Pairs);
        var method = effect > 1 ? FormattableString.Invariant($"Tango, design effect {effect:0.##}") : "Tango";
        return Compute(up / effect, down / effect, n / effect, level) with { N = clusters.Count(c => c.Pairs > 0), Method = method };
    }

    /// <summary>How many times the variance of the difference exceeds that of as many independent pairs, at least 1; 1 where nothing flips.</summary>
    /// <param name="clusters">Counts of each cluster; those without pairs are passed over.</param>
    /// <remarks>Both variances by linearisation: m/(m−1) Σ (sum of differences − mean · pairs)², over m clusters and over m single pairs (Rao and Scott, A
    /// simple method for the analysis of clustered binary data, 1992).</remarks>
    public static double DesignEffect(IReadOnlyList<PairedCounts> clusters)
    {
        var kept = clusters.Where(c => c.Pairs > 0).ToArray();
        foreach (var c in kept) Check(c.Up, c.Down, c.Pairs);
        var (flips, sum, n) = (kept.Sum(c => (double)c.Up + c.Down), kept.Sum(c => (double)c.Up - c.Down), kept.Sum(c => (double)c.Pairs));
        if (kept.Length < 2 || flips == 0) return 1;
        var mean = sum / n;
        var clustered = kept.Length / (kept.Length - 1.0) * FixedOrderSum.Of([.. kept.Select(c => Math.Pow(c.Up - c.Down - mean * c.Pairs, 2))]);
        var independent = n / (n - 1) * (flips - n * mean * mean);
        return independent > 0 ? Math.Max(1, clustered / independent) : 1;
    }

    /// <summary>The score of a difference: how many standard errors the estimate lies above it, with the error that this difference implies.</summary>
    internal static double Score(double up, double down, double n, double difference)
    {
        // The likelihood of the share q that goes down is greatest at the root of 2n q² + b q + c.
        var b = (2 * n - up + down) * difference - up - down;
        var c = -down * difference * (1 - difference);
        var root = Math.Sqrt(Math.Max(0, b * b - 8 * n * c));
        // Whichever form of the root is free of cancellation.
        var q = b > 0 ? -2 * c / (b + root) : (root - b) / (4 * n);
        var variance = n * (2 * q + difference * (1 - difference));
        var excess = up - down - n * difference;
        return excess == 0 ? 0 : variance > 0 ? excess / Math.Sqrt(variance) : excess > 0 ? double.PositiveInfinity : double.NegativeInfinity;
    }

    private static void Check(double up, double down, double n)
    {
        if (!(up >= 0 && down >= 0 && up + down <= n * (1 + 1e-12)))
            throw new ArgumentException($"{up} pairs up and {down} down are not part of {n} pairs.", nameof(n));
    }
}
