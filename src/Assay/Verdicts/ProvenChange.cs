namespace Assay.Verdicts;

/// <summary>What comparing the weights proves of a change as a whole, by doing it again on the base: nothing is left that only some prompt would
/// show.</summary>
/// <param name="Kind">Which proof.</param>
/// <param name="Sentence">What was found, one sentence.</param>
public sealed record ProvenChange(ProofKind Kind, string Sentence);
