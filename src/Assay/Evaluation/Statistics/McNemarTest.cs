namespace Assay.Evaluation.Statistics;

/// <summary>The exact test of whether two paired proportions differ.</summary>
/// <remarks>McNemar, Note on the sampling error of the difference between correlated proportions, 1947: given the pairs that differ, either direction has
/// probability ½.</remarks>
public static class McNemarTest
{
    /// <summary>The two-sided p value; 1 where no pair differs.</summary>
    /// <param name="n10">Pairs that hold under the first and not under the second.</param>
    /// <param name="n01">Pairs that hold under the second and not under the first.</param>
    public static double Exact(long n10, long n01)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n10);
        ArgumentOutOfRangeException.ThrowIfNegative(n01);
        var (n, least) = (checked(n10 + n01), Math.Min(n10, n01));
        if (n10 == n01) return 1;
        // Binomial coefficients relative to the one at least, first down to 0, then up to the middle: nothing overflows, and small p values keep their digits.
        double term = 1, tail = 1, rest = 0;
        for (var k = least; k > 0 && term > 0; k--) tail += term *= (double)k / (n - k + 1);
        term = 1;
        for (var k = least + 1; k <= (n - 1) / 2; k++) rest += term *= (double)(n - k + 1) / k;
        if (double.IsInfinity(rest)) return 0;
        // Both halves are alike; an even n has a middle of its own.
        var half = tail + rest;
        return n % 2 == 1 ? tail / half : 2 * tail / (2 * half + term * (n - n / 2 + 1) / (n / 2));
    }
}
