namespace Assay.Evaluation.Diffing;

/// <summary>Multiplication of each line, or of the whole, by one factor; optionally of 1 + value, as the gains of Gemma are stored.</summary>
/// <param name="factor">The factor for all lines; null to fit one to each.</param>
/// <param name="spread">Standard error of <paramref name="factor"/> from rounding alone.</param>
/// <param name="plusOne">Whether what is scaled is 1 + value.</param>
/// <param name="grid">What the candidate's values were rounded to.</param>
internal sealed class ScaleReplay(double? factor, double spread, bool plusOne, FloatFormat grid) : LineReplay
{
    // The factor is fitted to rounded values: six standard errors leave one miss in 5·10⁸.
    private const double Errors = 6;

    public double? Factor => factor;

    public bool PlusOne => plusOne;

    public override double Required => .999;

    public override double Foretell(ReadOnlySpan<double> original, ReadOnlySpan<double> changed, Span<double> expected)
    {
        var one = plusOne ? 1 : 0;
        var (f, error) = (factor ?? 1, spread);
        if (factor is null) (f, error) = Fit(original, changed, one, grid);
        for (var i = 0; i < original.Length; i++) expected[i] = f * (original[i] + one) - one;
        return Errors * error;
    }

    /// <summary>Least squares factor, and its standard error from rounding alone.</summary>
    public static (double Factor, double Error) Fit(ReadOnlySpan<double> original, ReadOnlySpan<double> changed, double one, FloatFormat grid)
    {
        double product = 0, square = 0, noise = 0;
        for (var i = 0; i < original.Length; i++)
        {
            var (x, ulp) = (original[i] + one, grid.Ulp(changed[i]));
            product += x * (changed[i] + one);
            square += x * x;
            noise += x * x * ulp * ulp / 12;
        }

        return square > 0 ? (product / square, Math.Sqrt(noise) / square) : (1, 0);
    }
}
