using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>A tensor that a configuration implies, before any weights are read.</summary>
/// <param name="Name">Canonical checkpoint name, as transformers saves it.</param>
/// <param name="Shape">Expected shape.</param>
/// <param name="Role">How it touches the residual stream.</param>
/// <param name="Optional">True where checkpoints may leave it out (a tied head stored anyway).</param>
public sealed record TensorSpec(string Name, ImmutableArray<long> Shape, ResidualRole Role, bool Optional = false);
