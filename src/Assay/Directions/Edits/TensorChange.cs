using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Where the residual stream lies in a stored matrix: decided by its role and how it is stored, never by its shape.</summary>
internal enum ResidualAxis
{
    /// <summary>Down the rows: (out, in) of what writes, (in, out) of what reads.</summary>
    Rows,
    /// <summary>Along a row: embeddings, (in, out) of what writes, (out, in) of what reads, biases.</summary>
    Columns,
}

/// <summary>What an edit does to one tensor: X ← X − L(RᵀX) down the rows or X ← X − (XR)Lᵀ along them, then norms, then a constant.</summary>
/// <param name="Layer">Block, −1 for the embedding.</param>
/// <param name="Writer">The place.</param>
/// <param name="Axis">Where the residual stream lies.</param>
/// <param name="Map">L and R; null where only a constant is added.</param>
/// <param name="PreserveNorms">Whether each column of (out, in) keeps its norm.</param>
/// <param name="Added">A constant along the innermost axis; null for none.</param>
internal sealed record TensorChange(int Layer, ResidualWriter Writer, ResidualAxis Axis, ResidualMap? Map, bool PreserveNorms = false, Lazy<double[]>? Added = null);
