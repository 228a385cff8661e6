using Assay.Evaluation.Diffing;

namespace Assay.Verdicts;

/// <summary>Layers that went, came twice, changed places or are new, from the map of layers that was found by what they hold.</summary>
internal static class LayerStory
{
    private const int MostRuns = 6;

    /// <summary>Null where each layer is in its place, or none could be matched.</summary>
    public static DifferenceClause? Of(CheckpointDifference difference)
    {
        var (map, count) = (difference.LayerMap, difference.BaseLayers);
        var held = map.OfType<int>().ToList();
        if (difference.LayersInPlace || held.Count == 0) return null;
        var gone = Enumerable.Range(0, count).Except(held).Where(l => l >= map.Count || map[l] is not null).ToList();
        var twice = held.GroupBy(l => l).Where(g => g.Count() > 1).Select(g => g.Key).Order().ToList();
        // A layer without origin that stands where the base's own went is that layer, replaced, and told with its matrices.
        var fresh = Enumerable.Range(0, map.Count).Where(l => map[l] is null && (l >= count || held.Contains(l))).ToList();
        var runs = Runs(map);
        if (gone.Count == 0 && twice.Count == 0 && fresh.Count == 0 && runs.Count == 0) return null;
        var exact = difference.Tensors.Where(t => t.Source is not null).All(t => t.Kind == ChangeKind.Swapped);
        var texts = runs.Take(MostRuns).Select(r => r.Count == 1
            ? $"layer {r.First} {(exact ? "holds" : "comes from")} the base's layer {r.From}"
            : $"layers {TensorWords.Run(r.First, r.Count)} {(exact ? "hold" : "come from")} the base's layers {TensorWords.Run(r.From, r.Count)}").ToList();
        var moved = TensorWords.And(texts) + (runs.Count > MostRuns ? ", and more moved" : "");
        var parts = new List<string>();
        if (gone.Count > 0) parts.Add($"{TensorWords.Layers(gone)} {(gone.Count == 1 ? "was" : "were")} left out");
        if (twice.Count > 0) parts.Add(
            $"{TensorWords.Layers(twice)} of the base {(twice.Count == 1 ? "comes" : "come")} " +
            $"{(twice.TrueForAll(l => held.Count(h => h == l) == 2) ? "twice" : "more than once")}");
        if (fresh.Count > 0) parts.Add($"{TensorWords.Layers(fresh)} {(fresh.Count == 1 ? "holds" : "hold")} nothing of the base's layers");
        if (parts.Count == 0 && Exchanged(runs) is { } exchanged) parts.Add(exchanged);
        else if (parts.Count == 0) parts.Add("layers stand in another order: " + moved);
        else if (runs.Count > 0) parts[^1] += " (" + moved + ")";
        var evidence = new List<string>();
        var equal = difference.Tensors.Where(t => t.Kind == ChangeKind.Swapped && t.Source is not null).ToList();
        if (equal.Count > 0) evidence.Add(
            $"Equal value for value to tensors of the base's other layers: " +
            $"{string.Join(", ", equal.Take(6).Select(t => $"{t.Name} to {t.EqualTo}"))}{(equal.Count > 6 ? $" and {equal.Count - 6} more" : "")}.");
        evidence.Add($"The candidate's {map.Count} layers come from the base's {string.Join(", ", map.Select(l => l is { } from ? $"{from}" : "none"))} (of " +
            $"{count}).");
        return new DifferenceClause(double.PositiveInfinity, TensorWords.And(parts), evidence);
    }

    private static List<(int First, int From, int Count)> Runs(IReadOnlyList<int?> map)
    {
        var runs = new List<(int First, int From, int Count)>();
        for (var i = 0; i < map.Count;)
        {
            var first = i++;
            if (map[first] is not { } from || from == first) continue;
            while (i < map.Count && map[i] == map[i - 1] + 1) i++;
            runs.Add((first, from, i - first));
        }

        return runs;
    }

    private static string? Exchanged(List<(int First, int From, int Count)> runs)
    {
        var pairs = new List<string>();
        foreach (var run in runs.Where(r => r.First < r.From))
        {
            if (!runs.Contains((run.From, run.First, run.Count))) return null;
            pairs.Add($"layers {TensorWords.Run(run.First, run.Count)} and {TensorWords.Run(run.From, run.Count)} were exchanged");
        }

        return 2 * pairs.Count == runs.Count ? TensorWords.And(pairs) : null;
    }
}
