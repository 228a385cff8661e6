namespace Assay.Evaluation.Statistics;

/// <summary>Student's t distribution.</summary>
public static class StudentDistribution
{
    /// <summary>P(T ≤ t).</summary>
    /// <param name="t">Where.</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double Cumulative(double t, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        var square = t * t;
        // Whichever argument of the incomplete beta function is computed without cancellation.
        var tail = square > degrees ? SpecialFunctions.Beta(degrees / (degrees + square), degrees / 2, .5) / 2
            : (1 - SpecialFunctions.Beta(square / (degrees + square), .5, degrees / 2)) / 2;
        return t < 0 ? tail : 1 - tail;
    }

    /// <summary>The value below which a share p lies, by bisection on <see cref="Cumulative"/>.</summary>
    /// <param name="p">Probability in (0, 1).</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double Quantile(double p, double degrees)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A probability lies in (0, 1).");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        if (p > .5) return -Quantile(1 - p, degrees);
        if (p == .5) return 0;
        double low = -1, high = 0;
        while (Cumulative(low, degrees) > p && double.IsFinite(low)) low *= 2;
        for (var step = 0; step < 2000; step++)
        {
            var middle = low + (high - low) / 2;
            if (middle == low || middle == high) break;
            if (Cumulative(middle, degrees) < p) low = middle;
            else high = middle;
        }
        return high;
    }
}
