namespace Assay.Evaluation.Statistics;

/// <summary>The exact interval of a single proportion of independent trials: it covers at least what it says, whatever the proportion.</summary>
/// <remarks>Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, 1934.</remarks>
public static class ClopperPearsonInterval
{
    /// <summary>The proportion with its interval; value NaN and no interval where n is 0.</summary>
    /// <param name="count">Successes, 0 to n.</param>
    /// <param name="n">Trials.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Compute(long count, long n, double level = .95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, n);
        if (n == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no trials");
        var beyond = (1 - level) / 2;
        // P(at least count) under the lower bound, and P(at most count) under the upper one, are each beyond.
        var low = count == 0 ? 0 : SpecialFunctions.Bisect(0, 1, p => SpecialFunctions.Beta(p, count, n - count + 1) < beyond);
        var high = count == n ? 1 : SpecialFunctions.Bisect(0, 1, p => SpecialFunctions.Beta(1 - p, n - count, count + 1) > beyond);
        return new Estimate((double)count / n, low, high, level, n, "Clopper-Pearson");
    }
}
