using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Verdicts;

/// <summary>All that a verdict rests on.</summary>
/// <remarks>protocol.md, Verdicts and M13.</remarks>
public sealed record VerdictEvidence
{
    /// <summary>Whether the weights hashes are equal.</summary>
    public required bool WeightsEqual { get; init; }

    /// <summary>Whether the packaging hashes are equal.</summary>
    public required bool PackagingEqual { get; init; }

    /// <summary>Why token ids mean different things in the two; null where they mean the same.</summary>
    public string? TokenDifference { get; init; }

    /// <summary>Whether any matrix of the one has a counterpart in the other.</summary>
    public bool Matched { get; init; } = true;

    /// <summary>Median over matrices matched by content of cos(W_P, W_Q); null where none has a cosine.</summary>
    public double? MedianCosine { get; init; }

    /// <summary>Why the candidate cannot say anything, a sentence each; none where it can.</summary>
    public IReadOnlyList<string> Broken { get; init; } = [];

    /// <summary>Harms with their margins.</summary>
    public IReadOnlyList<HarmEvidence> Harms { get; init; } = [];

    /// <summary>What the weights alone prove; null where nothing.</summary>
    public ProvenChange? Proven { get; init; }

    /// <summary>How far the two agree over everything that was scored; null where they were not run.</summary>
    public Agreement? Agreement { get; init; }

    /// <summary>The panels measured; none where the models were not run.</summary>
    public IReadOnlyList<PanelEvidence> Panels { get; init; } = [];

    /// <summary>Whether the run was limited, and so gives no verdict.</summary>
    public bool Limited { get; init; }
}
