using System.Collections.Immutable;
using Assay.Models;

namespace Assay.Directions;

/// <summary>What an estimator found: one direction of the residual stream, or several, with where and how they were found.</summary>
/// <remarks>Removed from what writers add, y ← y − λ A (Bᵀ y) + c. Orthogonally, A = B = <see cref="Vectors"/>; obliquely (read-outs, LEACE) B is <see cref="Readouts"/>, dual to A: Bᵀ A = I.</remarks>
public sealed record Direction
{
    /// <summary>Estimator, as the command line and the file spell it.</summary>
    public required string Estimator { get; init; }

    /// <summary>A, (k, d) row by row. Orthogonal removal: orthonormal rows.</summary>
    public required ImmutableArray<float> Vectors { get; init; }

    /// <summary>B, (k, d) row by row; empty where removal is orthogonal.</summary>
    public ImmutableArray<float> Readouts { get; init; } = [];

    /// <summary>c, (d), added once, to the embedding's rows: A Bᵀ μ where the estimator erases affinely; empty for none.</summary>
    public ImmutableArray<float> Offset { get; init; } = [];

    /// <summary>Where the activations were taken; null for a random or a given direction.</summary>
    public Site? Site { get; init; }

    /// <summary>Token of the activations, counted from the end of the prompt: −1 is the last; null for a mean over positions.</summary>
    public int? Position { get; init; }
}
