using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>A tensor that touches the residual stream: which place it belongs to and where in it the stream lies.</summary>
/// <param name="Layer">Block, −1 for the embedding.</param>
/// <param name="Writer">The place.</param>
/// <param name="Axis">Where the stream lies.</param>
/// <param name="IsBias">Whether it is a bias, which has no columns of (out, in).</param>
internal readonly record struct ResidualPlace(int Layer, ResidualWriter Writer, ResidualAxis Axis, bool IsBias = false);
