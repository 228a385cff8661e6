using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Behaviour;

/// <summary>The share of items of which something holds, where a prompt may come more than once.</summary>
/// <remarks>Wilson's score interval at Kish's effective number of prompts, (Σm)² / Σm² for multiplicities m: a greedy reply to the same prompt is the same reply, and no further evidence.</remarks>
public static class PromptShare
{
    /// <summary>The share with its interval; n is the number of different prompts.</summary>
    /// <param name="items">Prompt, and whether it holds; equal prompts hold alike.</param>
    /// <param name="level">Coverage asked.</param>
    public static Estimate Of(IEnumerable<(string Prompt, bool Holds)> items, double level = .95)
    {
        var prompts = items.GroupBy(i => i.Prompt, StringComparer.Ordinal).Select(g => (Count: g.Count(), Holds: g.First().Holds)).ToList();
        if (prompts.Count == 0) return WilsonInterval.Compute(0, 0, level);
        return WilsonInterval.Compute(prompts.Where(p => p.Holds).Sum(p => (double)p.Count) / prompts.Sum(p => (double)p.Count), Effective(prompts.Select(p => p.Count)), level) with { N = prompts.Count };
    }

    /// <summary>Kish's effective number of prompts that come so often.</summary>
    internal static double Effective(IEnumerable<int> counts)
    {
        double total = 0, squares = 0;
        foreach (var count in counts) (total, squares) = (total + count, squares + (double)count * count);
        return total * total / squares;
    }
}
