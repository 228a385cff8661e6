namespace Assay.Verdicts;

/// <summary>Kinds of <see cref="ProvenChange"/>.</summary>
public enum ProofKind
{
    /// <summary>Neurons, heads or experts stand in another order, in every tensor of their group alike: the function is the same.</summary>
    SameFunction,

    /// <summary>Every value that differs is the base's, rounded.</summary>
    RoundedOnly,
}
