namespace Assay.Evaluation.Statistics;

/// <summary>Quantiles, tail means and trimmed means.</summary>
/// <remarks>protocol.md, M4. Counts are found in decimal arithmetic: in binary, (1 − .99) · 100 exceeds 1.</remarks>
public static class OrderStatistics
{
    /// <summary>Quantile of type 7 (Hyndman and Fan, 1996): linear between the order statistics around (n − 1)p.</summary>
    /// <param name="ascending">Sorted values; infinities are allowed.</param>
    /// <param name="p">Probability in [0, 1].</param>
    /// <returns>The quantile; NaN of no values.</returns>
    public static double Quantile(ReadOnlySpan<double> ascending, double p)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(p);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(p, 1);
        if (ascending.IsEmpty) return double.NaN;
        var at = (ascending.Length - 1) * p;
        var below = (int)at;
        return Between(ascending[below], ascending[Math.Min(below + 1, ascending.Length - 1)], at - below);
    }

    /// <summary>How many of n values the tail beyond alpha holds: ⌈(1 − alpha) n⌉, at least 1.</summary>
    public static int TailCount(int n, decimal alpha) => Math.Max(1, (int)Math.Ceiling((1 - alpha) * n));

    /// <summary>CVaR: the mean of the largest ⌈(1 − alpha) n⌉ values; NaN of none.</summary>
    /// <param name="ascending">Sorted values.</param>
    /// <param name="alpha">Share of values below the tail, such as .99.</param>
    public static double TailMean(ReadOnlySpan<double> ascending, decimal alpha) =>
        ascending.IsEmpty ? double.NaN : FixedOrderSum.Mean(ascending[^TailCount(ascending.Length, alpha)..]);

    /// <summary>The mean without ⌊share · n⌋ values at each end; NaN of none.</summary>
    /// <param name="ascending">Sorted values.</param>
    /// <param name="share">Share left out at each end, below one half.</param>
    public static double TrimmedMean(ReadOnlySpan<double> ascending, decimal share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, .5m);
        var cut = (int)(share * ascending.Length);
        return FixedOrderSum.Mean(ascending[cut..^cut]);
    }

    /// <summary>Linear interpolation that keeps infinities: ∞ from any part of the way towards ∞.</summary>
    internal static double Between(double low, double high, double fraction) =>
        fraction == 0 || low == high ? low : double.IsInfinity(low) ? low : low + (high - low) * fraction;
}
