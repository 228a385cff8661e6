using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>One edited tensor as it was read back from the saved file.</summary>
/// <param name="Name">Stored name.</param>
/// <param name="DType">Stored type.</param>
/// <param name="Layer">Block, −1 for the embedding.</param>
/// <param name="Writer">The place.</param>
/// <param name="Change">‖promised − before‖_F / ‖before‖_F.</param>
/// <param name="Error">‖stored − promised‖_F / ‖stored‖_F.</param>
/// <param name="Residual">‖Rᵀ stored‖_F / ‖stored‖_F, R orthonormal with the gain in it: what is left of the direction; null where the edit promises that something is left, or constants are added.</param>
/// <param name="NotRescaled">Columns of (out, in) that do not keep their norm where norms are kept: after the removal nothing but rounding was left of them, and they stay so.</param>
public sealed record EditedTensorCheck(string Name, DType DType, int Layer, ResidualWriter Writer, double Change, double Error, double? Residual, long NotRescaled = 0);

/// <summary>What was written, after it was read back and held against the plan: every tensor of the files stands in one of the lists.</summary>
/// <param name="Target">Path written to.</param>
/// <param name="Edited">Tensors of the plan.</param>
/// <param name="Merged">Tensors that only an adapter changes.</param>
/// <param name="Added">Tensors that the base does not have: a head of its own.</param>
/// <param name="Untouched">Tensors with the base's bytes.</param>
/// <param name="LeftOut">Other files of the folder that hold weights too, in other formats, and would have stayed unedited.</param>
/// <param name="Bytes">Bytes written.</param>
public sealed record EditReport(string Target, ImmutableArray<EditedTensorCheck> Edited, ImmutableArray<string> Merged, ImmutableArray<string> Added, ImmutableArray<string> Untouched, ImmutableArray<string> LeftOut, long Bytes);
