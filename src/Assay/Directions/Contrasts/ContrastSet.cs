using System.Collections.Immutable;

namespace Assay.Directions.Contrasts;

/// <summary>Two sets of prompts whose difference is the behaviour that is looked for.</summary>
/// <param name="Name">A generator's name with its seed, or the files' names.</param>
/// <param name="Targets">Prompts that show the behaviour.</param>
/// <param name="Baselines">Prompts that do not.</param>
public sealed record ContrastSet(string Name, ImmutableArray<ContrastItem> Targets, ImmutableArray<ContrastItem> Baselines)
{
    /// <summary>Whether every item is half of a real pair.</summary>
    public bool IsPaired => Targets.Length > 0 && Targets.Length == Baselines.Length && PairIndices().Length == Targets.Length;

    /// <summary>The real pairs as (index of the target, index of the baseline), in the order of the targets.</summary>
    public ImmutableArray<(int Target, int Baseline)> PairIndices()
    {
        var baselines = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Baselines.Length; i++)
            if (Baselines[i].Pair is { } key) baselines.TryAdd(key, i);
        var pairs = ImmutableArray.CreateBuilder<(int, int)>();
        for (var i = 0; i < Targets.Length; i++)
            if (Targets[i].Pair is { } key && baselines.Remove(key, out var other)) pairs.Add((i, other));
        return pairs.ToImmutable();
    }

    /// <summary>The first items of either side; of a paired set the first targets with their partners.</summary>
    /// <param name="each">Items a side, at most.</param>
    public ContrastSet First(int each)
    {
        var targets = Targets[..Math.Min(each, Targets.Length)];
        return IsPaired
            ? this with { Targets = targets, Baselines = [.. PairIndices().Take(targets.Length).Select(p => Baselines[p.Baseline])] }
            : this with { Targets = targets, Baselines = Baselines[..Math.Min(each, Baselines.Length)] };
    }
}
