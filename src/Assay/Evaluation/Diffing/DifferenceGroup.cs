using Assay.Models;

namespace Assay.Evaluation.Diffing;

/// <summary>Tensors of one module in all layers, or of one layer, summed up.</summary>
/// <param name="Name">Module, or layer number; <c>outside the layers</c>.</param>
/// <param name="Role">Residual role, where all of them have one.</param>
/// <param name="Tensors">Tensors.</param>
/// <param name="Changed">Of which differ.</param>
/// <param name="Layers">Layers in which one differs.</param>
/// <param name="Kinds">Kinds of change with their numbers, most frequent first.</param>
/// <param name="RelativeNorm">√(Σ‖W′ − W‖² / Σ‖W‖²) over those that differ and have numbers; NaN where none has.</param>
/// <param name="EnergyShare">Share of the whole difference's energy.</param>
/// <param name="LeastRank">Smallest effective rank; null where none was computed.</param>
/// <param name="MostRank">Largest effective rank.</param>
public sealed record DifferenceGroup(
    string Name, ResidualRole? Role, int Tensors, int Changed, IReadOnlyList<int> Layers, IReadOnlyList<KeyValuePair<ChangeKind, int>> Kinds, double RelativeNorm, double EnergyShare, int? LeastRank, int? MostRank)
{
    /// <summary>One group for each module, in the order of the tensors.</summary>
    public static IReadOnlyList<DifferenceGroup> ByModule(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        return [.. difference.Tensors.GroupBy(t => t.Place.Module, StringComparer.Ordinal).Select(g => Of(g.Key, [.. g], difference.Energy))];
    }

    /// <summary>One group for each layer, and one for what is in none.</summary>
    public static IReadOnlyList<DifferenceGroup> ByLayer(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        return [.. difference.Tensors.GroupBy(t => t.Place.Layer ?? -1).OrderBy(g => g.Key)
            .Select(g => Of(g.Key < 0 ? "outside the layers" : g.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), [.. g], difference.Energy))];
    }

    private static DifferenceGroup Of(string name, IReadOnlyList<TensorDifference> tensors, double energy)
    {
        var changed = tensors.Where(t => t.Differs).ToList();
        var counted = changed.Where(t => double.IsFinite(t.Norm) && double.IsFinite(t.BaseNorm)).ToList();
        double norm = counted.Sum(t => t.Norm * t.Norm), had = counted.Sum(t => t.BaseNorm * t.BaseNorm);
        var ranks = changed.Where(t => t.Spectrum is not null).Select(t => t.Spectrum!.Rank).ToList();
        var roles = tensors.Select(t => t.Place.Role).Distinct().ToList();
        return new DifferenceGroup(name, roles.Count == 1 ? roles[0] : null, tensors.Count, changed.Count, [.. changed.Select(t => t.Place.Layer).OfType<int>().Distinct().Order()],
            [.. changed.GroupBy(t => t.Kind).Select(g => KeyValuePair.Create(g.Key, g.Count())).OrderByDescending(k => k.Value).ThenBy(k => k.Key)],
            had > 0 ? Math.Sqrt(norm / had) : double.NaN, energy > 0 ? norm / energy : 0, ranks.Count > 0 ? ranks.Min() : null, ranks.Count > 0 ? ranks.Max() : null);
    }
}
