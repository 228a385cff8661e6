using System.Collections.Immutable;

namespace Assay.Evaluation.Statistics;

/// <summary>Groups of candidates that are not told apart: two candidates differ exactly where no group has both.</summary>
/// <remarks>Piepho, An algorithm for a letter-based representation of all-pairwise comparisons, 2004: insert and absorb. A candidate may be in several
/// groups, since "not told apart" is not transitive.</remarks>
public static class TieGroups
{
    /// <summary>The groups, each in the order of the candidates, sorted by their members.</summary>
    /// <param name="candidates">How many candidates.</param>
    /// <param name="differ">Whether two candidates, the lower index first, were told apart.</param>
    public static ImmutableArray<ImmutableArray<int>> Of(int candidates, Func<int, int, bool> differ)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(candidates);
        List<ImmutableArray<int>> groups = candidates == 0 ? [] : [[.. Enumerable.Range(0, candidates)]];
        for (var a = 0; a < candidates; a++)
            for (var b = a + 1; b < candidates; b++)
            {
                if (!differ(a, b)) continue;
                groups = [.. groups.SelectMany(g => g.Contains(a) && g.Contains(b) ? [g.Remove(a), g.Remove(b)] : (ImmutableArray<int>[])[g])];
                // A group within another one says nothing; of equal ones the first stays.
                groups = [.. groups.Where((g, i) => !groups.Where((other, j) => Absorbs(other, j, g, i)).Any())];
            }

        groups.Sort((x, y) => x.AsSpan().SequenceCompareTo(y.AsSpan()));
        return [.. groups];

        static bool Absorbs(ImmutableArray<int> other, int j, ImmutableArray<int> group, int i) =>
            (other.Length > group.Length || (other.Length == group.Length && j < i)) && group.All(other.Contains);
    }
}
