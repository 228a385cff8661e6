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
        var all = items.ToList();
        var (first, second) = (PromptShare.Of(all.Select(i => (i.Prompt, i.First)), level), PromptShare.Of(all.Select(i => (i.Prompt, i.Second)), level));
        if (all.Count == 0) return first;
        var (n, both) = (PromptShare.Effective(all.CountBy(i => i.Prompt, StringComparer.Ordinal).Select(p => p.Value)), all.Count(i => i is { First: true, Second: true }) / (double)all.Count);
        var correlation = Correlation(n * both, n * (first.Value - both), n * (second.Value - both), n * (1 - first.Value - second.Value + both));
        var difference = second.Value - first.Value;
        return new Estimate(difference, Math.Max(-1, difference - Joined(second.Value - second.Low, first.High - first.Value)), Math.Min(1, difference + Joined(second.High - second.Value, first.Value - first.Low)), level, first.N, "Newcombe, paired");

        double Joined(double a, double b) => Math.Sqrt(Math.Max(0, a * a - 2 * correlation * a * b + b * b));
    }

    /// <summary>φ of the table, corrected for continuity towards 0; 0 where a margin is empty.</summary>
    private static double Correlation(double both, double only1, double only2, double neither)
    {
        var margins = (both + only1) * (only2 + neither) * (both + only2) * (only1 + neither);
        if (!(margins > 0)) return 0;
        var (product, half) = (both * neither - only1 * only2, (both + only1 + only2 + neither) / 2);
        return (product > half ? product - half : Math.Min(product, 0)) / Math.Sqrt(margins);
    }
}
