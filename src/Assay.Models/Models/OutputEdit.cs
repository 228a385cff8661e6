using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>What adds to the residual stream.</summary>
public enum ResidualWriter
{
    /// <summary>The embedding's rows, scaled as the model scales them, learned positions included.</summary>
    Embedding,
    /// <summary>A block's attention: the output projection with its bias, before a post-norm where there is one.</summary>
    Attention,
    /// <summary>A block's MLP: the down projections with their biases, of routed experts their weighted sum, before a post-norm where there is one.</summary>
    Mlp,
}

/// <summary>A linear change of what one writer adds to the residual stream, the same as a change of its weights: y ← y − L (Rᵀ y) + c.</summary>
/// <remarks>Acts on a matrix's output, before a post-norm: behind one a change of the residual stream itself would be another function (editing.md, mistake 8).</remarks>
/// <param name="Layer">Block, from 0; ignored for the embedding.</param>
/// <param name="Writer">Which of its writers.</param>
/// <param name="Left">L, (k, d) row by row; strengths are in it.</param>
/// <param name="Right">R, (k, d) row by row.</param>
/// <param name="Offset">c, (d); empty for none.</param>
public sealed record OutputEdit(int Layer, ResidualWriter Writer, ImmutableArray<float> Left, ImmutableArray<float> Right, ImmutableArray<float> Offset = default);
