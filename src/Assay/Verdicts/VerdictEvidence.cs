using Assay.Evaluation;

namespace Assay.Verdicts;

/// <summary>What one panel says.</summary>
/// <param name="Name">Benign or trigger.</param>
/// <param name="MeanKld">Mean KLD over items with its 95 % interval, nats; where it is infinite, over finite positions alone.</param>
/// <param name="InfinitePositions">Positions where the candidate gives probability 0 to what the base can say.</param>
public sealed record PanelEvidence(string Name, Estimate MeanKld, long InfinitePositions = 0);

/// <summary>All that the first form of the verdict rests on.</summary>
/// <remarks>protocol.md, Verdicts and M13.</remarks>
public sealed record VerdictEvidence
{
    /// <summary>Whether the weights hashes are equal.</summary>
    public required bool WeightsEqual { get; init; }

    /// <summary>Whether the packaging hashes are equal.</summary>
    public required bool PackagingEqual { get; init; }

    /// <summary>Whether token → id maps are equal.</summary>
    public required bool TokenMapsEqual { get; init; }

    /// <summary>Whether tensors have the same names and shapes.</summary>
    public required bool ShapesEqual { get; init; }

    /// <summary>Median over matrices of cos(W_P, W_Q); null where it was not measured.</summary>
    public double? MedianCosine { get; init; }

    /// <summary>What exactly differs in token maps or shapes, for the sentence; null where nothing does.</summary>
    public string? Difference { get; init; }

    /// <summary>The panels measured; none where the models were not run.</summary>
    public IReadOnlyList<PanelEvidence> Panels { get; init; } = [];

    /// <summary>Whether the run was limited, and so gives no verdict.</summary>
    public bool Limited { get; init; }
}
