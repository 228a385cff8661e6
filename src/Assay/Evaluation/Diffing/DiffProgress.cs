namespace Assay.Evaluation.Diffing;

/// <summary>How far a comparison of weights has come.</summary>
/// <param name="Done">Tensors finished.</param>
/// <param name="Total">Tensors in all.</param>
public readonly record struct DiffProgress(int Done, int Total);
