using System.Collections.Immutable;

namespace Assay.Evaluation.Diffing;

/// <summary>What happened to one tensor, or to one expert's slice of a tensor that holds several.</summary>
/// <remarks>All sums are exact: every element is read, and added in double in a fixed order.</remarks>
public sealed record TensorDifference
{
    /// <summary>Canonical name; a slice has its number behind it, as in <c>experts.down_proj[3]</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in the model.</summary>
    public required TensorPlace Place { get; init; }

    /// <summary>What kind of change it is.</summary>
    public required ChangeKind Kind { get; init; }

    /// <summary>The kind with its particulars, in words.</summary>
    public required string Detail { get; init; }

    /// <summary>Shape in the base; in the candidate where the base has none.</summary>
    public ImmutableArray<long> Shape { get; init; } = [];

    /// <summary>The other shape where the two differ.</summary>
    public ImmutableArray<long>? CandidateShape { get; init; }

    /// <summary>Stored type in the base, as in a safetensors header; null where it has none.</summary>
    public string? BaseType { get; init; }

    /// <summary>Stored type in the candidate; null where it has none.</summary>
    public string? CandidateType { get; init; }

    /// <summary>Elements.</summary>
    public long Elements { get; init; }

    /// <summary>Elements that differ.</summary>
    public long Changed { get; init; }

    /// <summary>Rows in which something differs; null for vectors.</summary>
    public int? ChangedRows { get; init; }

    /// <summary>‖W‖_F of the base.</summary>
    public double BaseNorm { get; init; }

    /// <summary>‖W′ − W‖_F. Its square is the energy of the difference.</summary>
    public double Norm { get; init; }

    /// <summary>‖W′ − W‖_F / ‖W‖_F; NaN where the base is 0.</summary>
    public double RelativeNorm => BaseNorm > 0 ? Norm / BaseNorm : double.NaN;

    /// <summary>cos(W, W′) of all elements; NaN where one of them is 0.</summary>
    public double Cosine { get; init; } = double.NaN;

    /// <summary>Largest |w′ − w|.</summary>
    public double LargestDifference { get; init; }

    /// <summary>Root of the energy that rounding the candidate to its type is expected to leave: √Σ ulp²/12.</summary>
    public double RoundingNorm { get; init; }

    /// <summary>Singular values of the difference; null for vectors and where the kind explains the difference element by element.</summary>
    public DifferenceSpectrum? Spectrum { get; init; }

    /// <summary>The removal, where the kind is <see cref="ChangeKind.Orthogonalised"/>.</summary>
    public DirectionRemoval? Removal { get; init; }

    /// <summary>The format, where the kind is <see cref="ChangeKind.Quantised"/>.</summary>
    public QuantisationFormat? Format { get; init; }

    /// <summary>The factor, where the kind is <see cref="ChangeKind.Scaled"/> and one serves all elements.</summary>
    public double? Factor { get; init; }

    /// <summary>The type in between, where the kind is <see cref="ChangeKind.RoundTrip"/>.</summary>
    public string? Through { get; init; }

    /// <summary>Whose values the candidate has, where the kind is <see cref="ChangeKind.Swapped"/>.</summary>
    public string? EqualTo { get; init; }

    /// <summary>The base's tensor that this one was compared with, where that has another name: of the layer or the expert that it came from.</summary>
    public string? Source { get; init; }

    /// <summary>Rows and columns that stand in the base at other indices; null for none.</summary>
    public Rearrangement? Moves { get; init; }

    /// <summary>What differs besides, once what <see cref="Kind"/> tells is put back: rows in order, NaN left out. Null where nothing does.</summary>
    public TensorDifference? Rest { get; init; }

    /// <summary>cos(W, W′) with rows and columns put back in order; <see cref="Cosine"/> where none moved.</summary>
    public double MatchedCosine => Kind is ChangeKind.Swapped ? 1 : Kind is ChangeKind.Permuted or ChangeKind.Moved or ChangeKind.NonFinite
        ? Rest?.MatchedCosine ?? (Kind == ChangeKind.NonFinite ? double.NaN : 1) : Cosine;

    /// <summary>Whether no value differs, or only the order of neurons, heads or experts, which every tensor of the group has alike.</summary>
    public bool PreservesFunction => Rest is null && (Kind is ChangeKind.Identical or ChangeKind.Permuted || Kind is ChangeKind.Converted && Changed == 0
        || Kind is ChangeKind.Added && EqualTo is not null);

    /// <summary>Leading left singular vectors of the difference above the noise, unit length: up to 8, fewer of long ones.</summary>
    public IReadOnlyList<double[]> Left { get; init; } = [];

    /// <summary>Leading right singular vectors of the difference, likewise; the difference itself, of unit length, for vectors.</summary>
    public IReadOnlyList<double[]> Right { get; init; } = [];

    /// <summary>Whether the two differ in any way.</summary>
    public bool Differs => Kind != ChangeKind.Identical;
}
