namespace Assay.Evaluation.Statistics;

/// <summary>The χ² distribution.</summary>
public static class ChiSquareDistribution
{
    /// <summary>P(X &gt; x).</summary>
    /// <param name="x">Where.</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double Survival(double x, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        return SpecialFunctions.UpperGamma(degrees / 2, x / 2);
    }
}
