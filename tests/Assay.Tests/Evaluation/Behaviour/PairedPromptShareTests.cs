using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>The interval of a paired difference of shares: coverage by exact enumeration, and the cases a bootstrap fails at.</summary>
public sealed class PairedPromptShareTests
{
    private static IEnumerable<(string, bool, bool)> Table(int both, int only1, int only2, int neither) =>
        new[] { (both, true, true), (only1, true, false), (only2, false, true), (neither, false, false) }
            .SelectMany((c, k) => Enumerable.Range(0, c.Item1).Select(i => ($"{k}/{i}", c.Item2, c.Item3)));

    [Theory]
    [InlineData(.9, .02, .05, .03)]
    [InlineData(.5, .1, .2, .2)]
    [InlineData(.01, .9, .04, .05)]
    [InlineData(.97, .01, .01, .01)]
    public void It_covers_the_truth_about_as_often_as_asked(double both, double only1, double only2, double neither)
    {
        const int n = 30;
        double covered = 0, all = 0;
        // Every table of n items, weighted by its multinomial probability.
        for (var a = 0; a <= n; a++)
            for (var b = 0; a + b <= n; b++)
                for (var c = 0; a + b + c <= n; c++)
                {
                    var d = n - a - b - c;
                    var p = Math.Exp(LogFactorial(n) - LogFactorial(a) - LogFactorial(b) - LogFactorial(c) - LogFactorial(d) + a * Math.Log(both) + b * Math.Log(only1) + c * Math.Log(only2) + d * Math.Log(neither));
                    all += p;
                    if (p < 1e-9) continue;
                    var e = PairedPromptShare.Difference(Table(a, b, c, d));
                    if (e.Low <= only2 - only1 + 1e-12 && e.High >= only2 - only1 - 1e-12) covered += p;
                }

        Assert.Equal(1, all, 1e-9);
        Assert.InRange(covered, .93, 1);
    }

    [Fact]
    public void One_item_that_differs_of_many_has_a_finite_interval()
    {
        var e = PairedPromptShare.Difference(Table(0, 0, 1, 320));
        Assert.Equal(1 / 321.0, e.Value, 1e-12);
        Assert.InRange(e.Low, -.012, 0);
        Assert.InRange(e.High, 1 / 321.0, .025);
        var none = PairedPromptShare.Difference(Table(100, 0, 0, 221));
        Assert.Equal(0, none.Value);
        Assert.InRange(none.High, .001, .06);
        Assert.Equal(-none.High, none.Low, 1e-12);
    }

    [Fact]
    public void Exchanging_the_two_turns_the_sign()
    {
        var (e, f) = (PairedPromptShare.Difference(Table(20, 3, 9, 8)), PairedPromptShare.Difference(Table(20, 9, 3, 8)));
        Assert.Equal((e.Value, e.Low, e.High), (-f.Value, -f.High, -f.Low));
    }

    [Fact]
    public void Without_correlation_it_is_Newcombes_interval_of_two_independent_shares()
    {
        // 4·9 = 6·6: no correlation.
        var e = PairedPromptShare.Difference(Table(4, 6, 6, 9));
        var p = WilsonInterval.Compute(10, 25);
        Assert.Equal(Math.Sqrt(Math.Pow(p.High - p.Value, 2) + Math.Pow(p.Value - p.Low, 2)), e.High, 1e-12);
    }

    [Fact]
    public void A_prompt_that_comes_again_is_no_further_evidence()
    {
        var once = Table(10, 5, 10, 5).ToList();
        var (a, b) = (PairedPromptShare.Difference(once), PairedPromptShare.Difference(once.Concat(once).Concat(once)));
        Assert.Equal(a, b);
        Assert.False(PairedPromptShare.Difference([]).HasInterval);
    }

    private static double LogFactorial(int n) => Enumerable.Range(1, n).Sum(i => Math.Log(i));
}
