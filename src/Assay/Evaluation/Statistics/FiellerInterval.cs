namespace Assay.Evaluation.Statistics;

/// <summary>The interval of a ratio of two estimates that are nearly normal.</summary>
/// <remarks>Fieller, Some problems in interval estimation, 1954: all ratios r for which numerator − r · denominator does not differ from 0.</remarks>
public static class FiellerInterval
{
    /// <summary>The ratio with its interval; no interval where the denominator does not differ from 0, since the ratios that fit are then unbounded.</summary>
    /// <param name="numerator">Estimate above the line.</param>
    /// <param name="denominator">Estimate below the line.</param>
    /// <param name="numeratorVariance">Squared standard error of the numerator.</param>
    /// <param name="denominatorVariance">Squared standard error of the denominator.</param>
    /// <param name="covariance">Covariance of the two estimates.</param>
    /// <param name="degrees">Degrees of freedom of Student's t: clusters − 1.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Compute(double numerator, double denominator, double numeratorVariance, double denominatorVariance, double covariance,
        double degrees, double level = .95)
    {
        var t = StudentDistribution.Quantile(.5 + level / 2, degrees);
        // a r² − 2 b r + c ≤ 0.
        var a = denominator * denominator - t * t * denominatorVariance;
        var b = numerator * denominator - t * t * covariance;
        var c = numerator * numerator - t * t * numeratorVariance;
        var discriminant = b * b - a * c;
        var (ratio, n) = (numerator / denominator, (long)degrees + 1);
        if (!(a > 0 && discriminant >= 0)) return new Estimate(ratio, double.NaN, double.NaN, level, n, "the denominator does not differ from 0");
        var root = Math.Sqrt(discriminant);
        return new Estimate(ratio, (b - root) / a, (b + root) / a, level, n, "Fieller");
    }
}
