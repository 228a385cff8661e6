namespace Assay.Evaluation.Statistics;

/// <summary>The gamma and beta functions that distributions are made of.</summary>
/// <remarks>Press et al., Numerical Recipes, 2007, chapter 6. Errors are about 1e-13, relative to values that are not tiny.</remarks>
internal static class SpecialFunctions
{
    private const double Tiny = 1e-300;

    // Lanczos' approximation of the gamma function with g = 7 and nine terms.
    private static readonly double[] s_lanczos = [.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
        -176.61502916214059, 12.507343278686905, -.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];

    /// <summary>Logarithm of the gamma function.</summary>
    /// <param name="x">Above 0.</param>
    public static double LogGamma(double x)
    {
        if (x < .5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        x--;
        var series = s_lanczos[0];
        for (var i = 1; i < s_lanczos.Length; i++) series += s_lanczos[i] / (x + i);
        var t = x + 7.5;
        return .5 * Math.Log(2 * Math.PI) + (x + .5) * Math.Log(t) - t + Math.Log(series);
    }

    /// <summary>Regularised incomplete beta function, by Lentz' evaluation of its continued fraction.</summary>
    public static double Beta(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - Beta(1 - x, b, a);
        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x)) / a;
        double c = 1, d = 1 / Away(1 - (a + b) * x / (a + 1)), fraction = d;
        for (var m = 1; m <= 10_000; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            foreach (var term in (ReadOnlySpan<double>)[even, odd])
            {
                d = 1 / Away(1 + term * d);
                c = Away(1 + term / c);
                fraction *= c * d;
            }

            if (Math.Abs(c * d - 1) < 1e-16) break;
        }

        return front * fraction;
    }

    /// <summary>Regularised upper incomplete gamma function: the series below a + 1, the continued fraction above.</summary>
    public static double UpperGamma(double a, double x)
    {
        if (x <= 0) return 1;
        var front = Math.Exp(a * Math.Log(x) - x - LogGamma(a));
        if (x < a + 1)
        {
            double term = 1 / a, sum = term;
            for (var k = 1; k < 100_000 && Math.Abs(term) > Math.Abs(sum) * 1e-17; k++) sum += term *= x / (a + k);
            return 1 - front * sum;
        }

        double b = x + 1 - a, c = 1 / Tiny, d = 1 / b, fraction = d;
        for (var k = 1; k < 100_000; k++)
        {
            var above = -k * (k - a);
            b += 2;
            d = 1 / Away(above * d + b);
            c = Away(b + above / c);
            fraction *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16) break;
        }

        return front * fraction;
    }

    /// <summary>The point of an interval at which a rising function passes a value, to the last bit.</summary>
    public static double Bisect(double low, double high, Func<double, bool> isBelow)
    {
        for (var step = 0; step < 2_000; step++)
        {
            var middle = low + (high - low) / 2;
            if (middle == low || middle == high) break;
            if (isBelow(middle)) low = middle;
            else high = middle;
        }

        return high;
    }

    private static double Away(double value) => Math.Abs(value) < Tiny ? Tiny : value;
}
