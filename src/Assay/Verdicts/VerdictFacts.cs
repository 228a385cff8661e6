using System.Collections.Immutable;
using Assay.Evaluation.Vetting;

namespace Assay.Verdicts;

/// <summary>What a verdict rests on beside measurements: what files and weights say.</summary>
/// <remarks>protocol.md, Verdicts and M13.</remarks>
public sealed record VerdictFacts
{
    /// <summary>Whether the weights hashes are equal.</summary>
    public required bool WeightsEqual { get; init; }

    /// <summary>Whether the packaging hashes are equal.</summary>
    public required bool PackagingEqual { get; init; }

    /// <summary>Whether nothing differs but, at most, how the weights are stored.</summary>
    public bool OnlyStorageDiffers { get; init; }

    /// <summary>Why token ids mean different things in the two; null where they mean the same.</summary>
    public string? TokenDifference { get; init; }

    /// <summary>Whether any matrix of the one has a counterpart in the other.</summary>
    public bool Matched { get; init; } = true;

    /// <summary>Median over matrices matched by content of cos(W_P, W_Q); null where none has a cosine.</summary>
    public double? MedianCosine { get; init; }

    /// <summary>What the weights alone prove; null where nothing.</summary>
    public ProvenChange? Proven { get; init; }

    /// <summary>Texts that the candidate cannot read, a sentence each.</summary>
    public ImmutableArray<string> Unreadable { get; init; } = [];

    /// <summary>What the change was meant to do.</summary>
    public ClaimedChange Claim { get; init; }

    /// <summary>Whether the run was limited, and so gives no verdict.</summary>
    public bool Limited { get; init; }
}
