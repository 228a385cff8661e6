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
        double total = prompts.Sum(p => (double)p.Count), squares = prompts.Sum(p => (double)p.Count * p.Count);
        if (prompts.Count == 0) return WilsonInterval.Compute(0, 0, level);
        return WilsonInterval.Compute(prompts.Where(p => p.Holds).Sum(p => (double)p.Count) / total, total * total / squares, level) with { N = prompts.Count };
    }
}
