using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Behaviour;

/// <summary>The difference of two shares over the same items, where a prompt may come more than once.</summary>
/// <remarks>Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions based on paired data", Statistics in Medicine 17, method 10: Wilson's bounds of both shares, joined by
/// their correlation. Finite where hardly any item differs, which a bootstrap's is not. Of so many trials as <see cref="PromptShare"/> counts: Kish's effective number of prompts.</remarks>
public static class PairedPromptShare
{
    /// <summary>Second share − first share with its interval; n is the number of different prompts.</summary>
    /// <param name="items">Prompt, and whether it holds under either; equal prompts hold alike.</param>
    /// <param name="level">Coverage asked.</param>
    public static Estimate Difference(IEnumerable<(string Prompt, bool First, bool Second)> items, double level = .95)
    {
        var prompts = items.GroupBy(i => i.Prompt, StringComparer.Ordinal).Select(g => (Count: (double)g.Count(), g.First().First, g.First().Second)).ToList();
        double total = prompts.Sum(p => p.Count), squares = prompts.Sum(p => p.Count * p.Count);
        if (prompts.Count == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no trials");
        var n = total * total / squares;
        double Cell(bool first, bool second) => n * prompts.Where(p => p.First == first && p.Second == second).Sum(p => p.Count) / total;
        var (both, only1, only2, neither) = (Cell(true, true), Cell(true, false), Cell(false, true), Cell(false, false));
        var (p1, p2) = (WilsonInterval.Compute(Share(both + only1, n), n, level), WilsonInterval.Compute(Share(both + only2, n), n, level));
        var correlation = Correlation(both, only1, only2, neither);
        var difference = (only2 - only1) / n;
        return new Estimate(difference, Math.Max(-1, difference - Joined(p2.Value - p2.Low, p1.High - p1.Value)), Math.Min(1, difference + Joined(p2.High - p2.Value, p1.Value - p1.Low)), level, prompts.Count, "Newcombe, paired");

        double Joined(double a, double b) => Math.Sqrt(Math.Max(0, a * a - 2 * correlation * a * b + b * b));
    }

    // Sums of shares may round past 1.
    private static double Share(double count, double n) => Math.Clamp(count / n, 0, 1);

    /// <summary>φ of the table, corrected for continuity towards 0; 0 where a margin is empty.</summary>
    private static double Correlation(double both, double only1, double only2, double neither)
    {
        var margins = (both + only1) * (only2 + neither) * (both + only2) * (only1 + neither);
        if (!(margins > 0)) return 0;
        var (product, half) = (both * neither - only1 * only2, (both + only1 + only2 + neither) / 2);
        return (product > half ? product - half : Math.Min(product, 0)) / Math.Sqrt(margins);
    }
}
