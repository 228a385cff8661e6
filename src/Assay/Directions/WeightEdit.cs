using System.Collections.Immutable;

namespace Assay.Directions;

/// <summary>A direction with the places it is removed from. A plan of edits is a list of them; a block's own direction is one with that block's places.</summary>
/// <param name="Direction">What.</param>
/// <param name="Places">Where and how much.</param>
public sealed record WeightEdit(Direction Direction, ImmutableArray<EditPlace> Places);
