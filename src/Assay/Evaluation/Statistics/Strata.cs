namespace Assay.Evaluation.Statistics;

/// <summary>Clusters by stratum, each stratum where its first cluster stands.</summary>
/// <remarks>Strata of a single cluster cannot be resampled; they are drawn as one pool that keeps their joint share of the estimate.</remarks>
internal sealed class Strata
{
    private Strata(int[][] members, double[] shares, bool[] pooled) => (Members, Shares, Pooled) = (members, shares, pooled);

    /// <summary>Cluster indices of each stratum.</summary>
    public int[][] Members { get; }

    /// <summary>How many clusters each stratum has.</summary>
    public int[] Sizes => [.. Members.Select(m => m.Length)];

    /// <summary>Weight of each stratum in the estimate; they sum to 1.</summary>
    public double[] Shares { get; }

    /// <summary>Whether a stratum is the pool of singletons, whose members count equally whatever their weights.</summary>
    public bool[] Pooled { get; }

    public static Strata Of(IReadOnlyList<string> strata)
    {
        var all = Enumerable.Range(0, strata.Count).GroupBy(i => strata[i], StringComparer.Ordinal).Select(g => g.ToArray()).ToList();
        var groups = all.Where(g => g.Length > 1).ToList();
        var singles = all.Where(g => g.Length == 1).Select(g => g[0]).Order().ToArray();
        var pool = singles.Length > 0 ? 1 : 0;
        // By first member and not by name: renaming strata must change nothing.
        groups.Sort((a, b) => a[0].CompareTo(b[0]));
        int[][] members = pool == 1 ? [.. groups, singles] : [.. groups];
        var shares = members.Select((m, i) => (i < groups.Count ? 1.0 : m.Length) / all.Count).ToArray();
        return new Strata(members, shares, [.. members.Select((_, i) => i >= groups.Count)]);
    }

    /// <summary>Draws each stratum's clusters with replacement; counts[i] becomes how often cluster i was drawn.</summary>
    public void Resample(ulong seed, int replicate, Span<int> counts)
    {
        counts.Clear();
        var random = new BootstrapRandom(seed, (ulong)replicate);
        foreach (var members in Members)
            for (var k = 0; k < members.Length; k++) counts[members[random.Index(members.Length)]]++;
    }
}
