using Assay.Evaluation.Diffing;
using Assay.Verdicts;

namespace Assay.Reports;

/// <summary>Everything that a comparison of weights says. Renderers only lay it out.</summary>
public sealed record DiffDocument
{
    /// <summary>Version of the JSON form; raised whenever a reader could break.</summary>
    public const string Schema = "assay-diff-1";

    /// <summary>Version of Assay.</summary>
    public required string Assay { get; init; }

    /// <summary>What most likely was done.</summary>
    public required DifferenceStory Story { get; init; }

    /// <summary>What was measured.</summary>
    public required CheckpointDifference Difference { get; init; }

    /// <summary>By module.</summary>
    public required IReadOnlyList<DifferenceGroup> Modules { get; init; }

    /// <summary>By layer.</summary>
    public required IReadOnlyList<DifferenceGroup> Layers { get; init; }

    /// <summary>Energy of the whole difference, Σ ‖W′ − W‖²_F.</summary>
    public required double Energy { get; init; }

    /// <summary>How the numbers were made.</summary>
    public static IReadOnlyList<string> Method { get; } =
    [
        "Norms, energies, cosines and counts are exact: every element is read, and added in double in a fixed order.",
        "Relative norm: Frobenius norm of candidate less base over that of the base. Energy: its square, not divided.",
        "Rounding: an error spread evenly over one unit in the last place of the candidate's stored value, of variance ulp²/12, in rows where something differs.",
        "Effective rank: singular values of the difference above 1.05 (√(largest row's variance) + √(largest column's)), the largest that such errors leave by themselves (Bandeira and van Handel 2016; Marchenko and Pastur 1967).",
        "Singular values: exact where the smaller side is at most 256; beyond, the leading ones by a randomised range finder with two power iterations (Halko, Martinsson and Tropp 2011), each a lower bound, with 64 or 192 fixed test vectors.",
        "Changes that can be done again (round trip, scaling, rounding to levels) are done again on the base and compared element by element, within half a unit in the last place; no spectrum is computed for them.",
        "A direction counts as removed only where the base alone predicts the other side of the difference; a common direction is one that at least two tensors' leading singular vectors span with |cosine| ≥ .9.",
    ];
}
