namespace Assay.Evaluation.Statistics;

/// <summary>How small a difference of means can be found, and how many items it takes.</summary>
/// <remarks>Normal approximation (Julious, Sample sizes for clinical trials with normal data, 2004). A standard deviation is that of the paired differences
/// between items; where items come in clusters, it is multiplied by the root of the design effect.</remarks>
public static class MeanPower
{
    /// <summary>The smallest true difference that a two-sided test finds with the power asked.</summary>
    /// <param name="standardError">Standard error of the difference.</param>
    /// <param name="power">Probability of finding it.</param>
    /// <param name="level">1 − α, two-sided.</param>
    public static double MinimumDetectable(double standardError, double power = .8, double level = .95) =>
        (NormalDistribution.Quantile(.5 + level / 2) + NormalDistribution.Quantile(power)) * standardError;

    /// <summary>The same, from an interval: what stands beside a result that is not significant. NaN without an interval.</summary>
    /// <param name="estimate">An estimate with its interval.</param>
    /// <param name="power">Probability of finding the difference.</param>
    public static double MinimumDetectable(Estimate estimate, double power = .8) =>
        MinimumDetectable((estimate.High - estimate.UncutLow) / 2 / NormalDistribution.Quantile(.5 + estimate.Level / 2), power, estimate.Level);

    /// <summary>Items for a two-sided test to find a difference.</summary>
    /// <param name="standardDeviation">Of the differences between items.</param>
    /// <param name="difference">True difference, not 0.</param>
    /// <param name="power">Probability of finding it.</param>
    /// <param name="level">1 − α, two-sided.</param>
    public static long ItemsToDetect(double standardDeviation, double difference, double power = .8, double level = .95) =>
        Items(NormalDistribution.Quantile(.5 + level / 2) + NormalDistribution.Quantile(power), standardDeviation, Math.Abs(difference));

    /// <summary>Items for a one-sided test to show that nothing beyond a margin was lost.</summary>
    /// <param name="standardDeviation">Of the differences between items.</param>
    /// <param name="margin">Largest loss that does not matter, above 0.</param>
    /// <param name="power">Probability of showing it.</param>
    /// <param name="alpha">One-sided error.</param>
    /// <param name="difference">True difference; above −margin.</param>
    public static long ItemsForNonInferiority(double standardDeviation, double margin, double power = .9, double alpha = .05, double difference = 0) =>
        Items(NormalDistribution.Quantile(1 - alpha) + NormalDistribution.Quantile(power), standardDeviation, margin + difference);

    /// <summary>Items for two one-sided tests to show that a difference lies within a margin, where the true difference is 0.</summary>
    /// <param name="standardDeviation">Of the differences between items.</param>
    /// <param name="margin">Largest change that does not matter, above 0.</param>
    /// <param name="power">Probability of showing it.</param>
    /// <param name="alpha">Error of each test.</param>
    public static long ItemsForEquivalence(double standardDeviation, double margin, double power = .9, double alpha = .05) =>
        Items(NormalDistribution.Quantile(1 - alpha) + NormalDistribution.Quantile((1 + power) / 2), standardDeviation, margin);

    /// <summary>Probability that independent tests all succeed: what a verdict that needs each of them has.</summary>
    /// <param name="powers">Power of each test.</param>
    public static double Joint(IEnumerable<double> powers) => powers.Aggregate(1.0, (product, power) => product * power);

    private static long Items(double errors, double standardDeviation, double distance)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(distance);
        return (long)Math.Ceiling(Math.Pow(errors * standardDeviation / distance, 2));
    }
}
