namespace Assay.Evaluation.Statistics;

/// <summary>Student's t distribution.</summary>
public static class StudentDistribution
{
    // Lanczos' approximation of the gamma function with g = 7 and nine terms.
    private static readonly double[] s_lanczos = [.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
        -176.61502916214059, 12.507343278686905, -.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];

    /// <summary>P(T ≤ t).</summary>
    /// <param name="t">Where.</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double Cumulative(double t, double degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degrees);
        var square = t * t;
        // Whichever argument of the incomplete beta function is computed without cancellation.
        var tail = square > degrees ? Beta(degrees / (degrees + square), degrees / 2, .5) / 2 : (1 - Beta(square / (degrees + square), .5, degrees / 2)) / 2;
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

    /// <summary>Regularised incomplete beta function, by Lentz' evaluation of its continued fraction.</summary>
    private static double Beta(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - Beta(1 - x, b, a);
        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x)) / a;
        const double tiny = 1e-300;
        double c = 1, d = 1 / Away(1 - (a + b) * x / (a + 1)), fraction = d;
        for (var m = 1; m <= 10_000; m++)
        {
            foreach (var term in (ReadOnlySpan<double>)[m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))])
            {
                d = 1 / Away(1 + term * d);
                c = Away(1 + term / c);
                fraction *= c * d;
            }
            if (Math.Abs(c * d - 1) < 1e-16) break;
        }
        return front * fraction;

        static double Away(double value) => Math.Abs(value) < tiny ? tiny : value;
    }

    private static double LogGamma(double x)
    {
        if (x < .5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        x--;
        var series = s_lanczos[0];
        for (var i = 1; i < s_lanczos.Length; i++) series += s_lanczos[i] / (x + i);
        var t = x + 7.5;
        return .5 * Math.Log(2 * Math.PI) + (x + .5) * Math.Log(t) - t + Math.Log(series);
    }
}
