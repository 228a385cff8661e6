namespace Assay.Evaluation.Statistics;

/// <summary>Fisher's F distribution, of ratios of variances.</summary>
public static class FisherDistribution
{
    /// <summary>P(F ≤ f).</summary>
    /// <param name="f">Where.</param>
    /// <param name="above">Degrees of freedom of the variance above the line, above 0.</param>
    /// <param name="below">Degrees of freedom of the variance below it, above 0.</param>
    public static double Cumulative(double f, double above, double below)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(above);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(below);
        return f <= 0 ? 0 : SpecialFunctions.Beta(above * f / (above * f + below), above / 2, below / 2);
    }

    /// <summary>The value below which a share p lies, by bisection on <see cref="Cumulative"/>.</summary>
    /// <param name="p">Probability in (0, 1).</param>
    /// <param name="above">Degrees of freedom of the variance above the line, above 0.</param>
    /// <param name="below">Degrees of freedom of the variance below it, above 0.</param>
    public static double Quantile(double p, double above, double below)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A probability lies in (0, 1).");
        double high = 1;
        while (Cumulative(high, above, below) < p && double.IsFinite(high)) high *= 2;
        return SpecialFunctions.Bisect(0, high, f => Cumulative(f, above, below) < p);
    }
}
