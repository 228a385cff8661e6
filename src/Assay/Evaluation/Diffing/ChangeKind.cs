namespace Assay.Evaluation.Diffing;

/// <summary>What kind of change made one tensor from another. The first that fits, in this order.</summary>
public enum ChangeKind
{
    /// <summary>The same values in the same type.</summary>
    Identical,
    /// <summary>Only the candidate has it.</summary>
    Added,
    /// <summary>Only the base has it.</summary>
    Missing,
    /// <summary>Both have it, with different shapes.</summary>
    Reshaped,
    /// <summary>Bytes differ in a type that is not computed with.</summary>
    Opaque,
    /// <summary>NaN or infinite elements that the base does not have.</summary>
    NonFinite,
    /// <summary>Equal to another tensor of the base: layers exchanged, copied or moved.</summary>
    Swapped,
    /// <summary>Neurons, heads or experts in another order, in all tensors of the group alike: the function is the same.</summary>
    Permuted,
    /// <summary>Rows or columns that stand in the base at other indices.</summary>
    Moved,
    /// <summary>The base's values stored in another type.</summary>
    Converted,
    /// <summary>Rounded to another type and back.</summary>
    RoundTrip,
    /// <summary>Some elements set to 0, the others as they were.</summary>
    Pruned,
    /// <summary>One factor for all elements, for each row or for each column.</summary>
    Scaled,
    /// <summary>Rounded to few levels.</summary>
    Quantised,
    /// <summary>No part of the difference stands out from the rounding of the stored type.</summary>
    WithinRounding,
    /// <summary>Few rows differ, the others are untouched.</summary>
    FewRows,
    /// <summary>Nothing in common with the base's tensor: values of another origin.</summary>
    Replaced,
    /// <summary>A direction (or a few) removed, wholly or partly, from what the matrix writes or reads.</summary>
    Orthogonalised,
    /// <summary>A matrix of low rank was added; the rest is rounding.</summary>
    LowRank,
    /// <summary>Differs everywhere without any of these structures, as after training.</summary>
    Dense,
}
