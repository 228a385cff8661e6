namespace Assay.Evaluation.Statistics;

/// <summary>The ratio of two paired proportions with an interval that exists also where one of them is 0.</summary>
/// <remarks>MOVER (Zou and Donner, Construction of confidence limits about effect measures: a general approach, Statistics in Medicine 27, 2008): a bound of
/// the ratio is the r at which the interval of first − r · second, joined from Wilson's bounds of both and their correlation φ, ends at 0.</remarks>
public static class PairedProportionRatio
{
    /// <summary>First over second with its interval; value NaN and no interval of no pairs, an infinite bound where the second may be 0.</summary>
    /// <param name="pairs">Whether it holds under the first, and under the second.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Compute(IReadOnlyList<(bool First, bool Second)> pairs, double level = .95)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Clustered([.. pairs.Select(p => new[] { p })], level);
    }

    /// <summary>The same of pairs that come in clusters: Wilson's bounds of both proportions are then those with their design effects
    /// (<see cref="WilsonInterval.Clustered"/>), and n is the number of clusters.</summary>
    /// <param name="clusters">Of each cluster its pairs.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Clustered(IReadOnlyList<IReadOnlyList<(bool First, bool Second)>> clusters, double level = .95)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        var pairs = clusters.SelectMany(c => c).ToList();
        double n = pairs.Count;
        if (n == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no pairs");
        var (first, second) = (WilsonInterval.Clustered([.. clusters.Select(c => ((long)c.Count(p => p.First), (long)c.Count))], level),
            WilsonInterval.Clustered([.. clusters.Select(c => ((long)c.Count(p => p.Second), (long)c.Count))], level));
        var both = pairs.Count(p => p is { First: true, Second: true }) / n;
        var spread = Math.Sqrt(first.Value * (1 - first.Value) * second.Value * (1 - second.Value));
        var correlation = spread > 0 ? Math.Clamp((both - first.Value * second.Value) / spread, -1, 1) : 0;
        // The largest r that is not ruled out: the upper end of first − r · second is 0 there. The end falls as r rises.
        var high = Bound(r => first.Value - r * second.Value + Joined(first.High - first.Value, r * (second.Value - second.Low)) > 0);
        var low = first.Value == 0 ? 0 : Bound(r => first.Value - r * second.Value - Joined(first.Value - first.Low, r * (second.High - second.Value)) > 0);
        return new Estimate(first.Value / second.Value, low, high, level, clusters.Count(c => c.Count > 0), "MOVER of Wilson's bounds, paired");

        double Joined(double a, double b) => Math.Sqrt(Math.Max(0, a * a - 2 * correlation * a * b + b * b));
    }

    /// <summary>Where a condition that holds at 0 ceases to hold; infinite where it never does.</summary>
    private static double Bound(Func<double, bool> holds)
    {
        double high = 1;
        while (holds(high) && double.IsFinite(high)) high *= 2;
        return double.IsFinite(high) ? SpecialFunctions.Bisect(0, high, holds) : high;
    }
}
