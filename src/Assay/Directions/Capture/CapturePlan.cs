using System.Collections.Immutable;
using Assay.Models;

namespace Assay.Directions.Capture;

/// <summary>Which activations are taken, and what is kept of them.</summary>
public sealed record CapturePlan
{
    /// <summary>Points in each block.</summary>
    public ImmutableArray<SitePoint> Points { get; init; } = [SitePoint.ResidPost];

    /// <summary>Blocks; empty for all.</summary>
    public ImmutableArray<int> Layers { get; init; } = [];

    /// <summary>Tokens, from the end of the prompt: −1 is the last; empty for every post-instruction token.</summary>
    public ImmutableArray<int> Positions { get; init; } = [];

    /// <summary>Whether the mean over the positions is taken too.</summary>
    public bool MeanOverPositions { get; init; }

    /// <summary>Places whose covariance is kept beside the mean, d² numbers each; null for none.</summary>
    public Func<ActivationPlace, bool>? Covariances { get; init; }

    /// <summary>Places whose rows are kept, (prompts, d) floats each; null for none.</summary>
    public Func<ActivationPlace, bool>? Rows { get; init; }

    /// <summary>Rows (tokens) of one forward pass; 0 for what the model's memory allows. Changes no result.</summary>
    public int BatchRows { get; init; }
}
