using Assay.Evaluation.Diffing;
using Assay.Models;

namespace Assay.Verdicts;

/// <summary>Directions that were removed, weakened, amplified or turned round.</summary>
internal static class RemovalStory
{
    // Two tensors of one model share a direction from here on; below, "much the same" is said instead.
    private const double Shared = .99;

    /// <summary>The clause of all removals together.</summary>
    public static IEnumerable<DifferenceClause> Of(CheckpointDifference difference, IReadOnlyList<TensorDifference> removed)
    {
        if (removed.Count == 0) yield break;
        var energy = TensorWords.Energy(removed);
        var names = removed.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var shared = difference.Directions.Select(d => (Direction: d, Members: d.Members.Where(m => names.Contains(m.Tensor)).ToList()))
            .Where(d => d.Members.Count > 1).OrderByDescending(d => d.Members.Count).ThenByDescending(d => d.Direction.SmallestCosine).ToList();
        var measured = removed.Where(t => t.Removal is not null).ToList();
        var strengths = measured.ConvertAll(t => t.Removal!.Strength);
        strengths.Sort();
        var verb = Verb(strengths.Count == 0 ? 1 : strengths[strengths.Count / 2]);
        var details = new List<string>();
        if (measured.Count > 0)
        {
            details.Add(TensorWords.Text($"The difference is what the base has along the direction, times {strengths[0]:0.###} to {strengths[^1]:0.###} (median {strengths[strengths.Count / 2]:0.###}); {100 * measured.Max(t => t.Removal!.Remaining):0.#} % of it remains at most."));
            details.Add(TensorWords.Text($"Done again on the base and rounded, it leaves {100 * measured.Max(t => t.Removal!.Left):0.###} % of the difference's energy at most")
                + (measured.TrueForAll(t => t.Removal!.Replays) ? ", no more than rounding."
                    : "; the rest is something else, such as norms that were put back."));
            details.Add($"In {TensorWords.Places(removed)}; {TensorWords.Relative(removed)}.");
        }

        var joint = shared.FindAll(s => s.Members.Count == removed.Count);
        if (joint.Count > 0)
        {
            // One direction seen in two ways is one.
            var space = joint[0].Direction.Space;
            joint.RemoveAll(s => s.Direction.Space != space);
            var least = joint.Min(s => s.Members.Min(m => m.Cosine));
            details.Insert(0, TensorWords.Text($"The {removed.Count} tensors share {(joint.Count == 1 ? "a direction" : $"{joint.Count} directions")} of the {joint[0].Direction.Space}: |cosine| at least {Floor(least)}, where unrelated ones have about {1 / Math.Sqrt(joint[0].Direction.Vector.Length):0.##}."));
            yield return new DifferenceClause(energy, $"{(joint.Count == 1 ? "one direction was" : $"{joint.Count} directions were")} {verb} {Writers(difference, removed)}{(least < Shared ? ", much the same in each" : "")}", details);
            yield break;
        }

        foreach (var (direction, members) in shared.Take(12))
            details.Add(TensorWords.Text($"{members.Count} of them share a direction of the {direction.Space}, |cosine| at least {Floor(members.Min(m => m.Cosine))}: {string.Join(", ", members.Take(6).Select(m => m.Tensor))}{(members.Count > 6 ? ", …" : "")}."));
        var layers = removed.GroupBy(t => t.Place.Layer).ToList();
        var own = removed.Count > 1 && layers.TrueForAll(g => g.Key is not null
            && (g.Count() == 1 || shared.Exists(s => s.Members.Count == g.Count() && g.All(t => s.Members.Exists(m => m.Tensor == t.Name)))));
        var what = removed.Count == 1 && (measured.Count == 0 || measured[0].Removal!.Directions == 1) ? "a direction was" : own && layers.Count > 1
            ? "a direction of each layer's own was" : "several directions were";
        yield return new DifferenceClause(energy, $"{what} {verb} {Writers(difference, removed)}{(own ? $" ({TensorWords.Layers(removed)})" : "")}", details);
    }

    /// <summary>What a strength λ does: 1 − λ of the component remains.</summary>
    private static string Verb(double strength) => strength switch
    {
        < 0 => TensorWords.Text($"amplified (strength {strength:0.##}) in"),
        < .45 => TensorWords.Text($"weakened (strength {strength:0.##}, {100 * (1 - strength):0} % of it remains) in"),
        > 1.5 => TensorWords.Text($"turned round (strength {strength:0.##}: {100 * (strength - 1):0} % of it remains, with the other sign) in"),
        < .9 or > 1.1 => TensorWords.Text($"removed with strength {strength:0.##} from"),
        _ => "removed from",
    };

    private static string Writers(CheckpointDifference difference, IReadOnlyList<TensorDifference> tensors)
    {
        var matrices = tensors.Where(t => t.Shape.Length > 1).ToList();
        foreach (var (role, what) in new[] { (ResidualRole.Writes, "write to"), (ResidualRole.Reads, "read from") })
        {
            if (matrices.Count == 0 || !matrices.TrueForAll(t => t.Place.Role == role)) continue;
            var all = difference.Tensors.Where(t => t.Place.Role == role && t.Shape.Length > 1).ToList();
            var number = all.Count == matrices.Count ? $"all {all.Count}" : $"{matrices.Count} of the {all.Count}";
            return $"{number} matrices that {what} the residual stream{(matrices.Count < tensors.Count ? $" and {tensors.Count - matrices.Count} biases" : "")}";
        }

        return TensorWords.Count(tensors);
    }

    // Rounded down, so that "at least" stays true.
    internal static string Floor(double cosine) => TensorWords.Text($"{Math.Floor(cosine * 10000) / 10000:0.####}");
}
