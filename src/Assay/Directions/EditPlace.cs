using Assay.Models;

namespace Assay.Directions;

/// <summary>One writer of the residual stream, and how much of a direction is removed from it.</summary>
/// <param name="Layer">Block, from 0; −1 for the embedding.</param>
/// <param name="Writer">Which of its writers.</param>
/// <param name="Strength">λ: 1 removes all, above 1 reverses.</param>
public sealed record EditPlace(int Layer, ResidualWriter Writer, double Strength);
