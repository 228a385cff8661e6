namespace Assay.Evaluation.Contexts;

/// <summary>Who wrote the tokens that are scored.</summary>
/// <remarks>protocol.md, Notation.</remarks>
public enum Policy
{
    /// <summary>R0: reference text.</summary>
    Reference,

    /// <summary>R1: the base's answers.</summary>
    Base,

    /// <summary>R2: the candidate's answers.</summary>
    Candidate,

    /// <summary>The floor's answers: those of the base with its residual stream rounded (M12). What they lose, rounding loses.</summary>
    Floor,

    /// <summary>Nobody: the base reads the answers of both models, and goes on with a sentence of one of them (M10).</summary>
    Reading,
}
