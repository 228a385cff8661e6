namespace Assay.Evaluation.Scoring;

/// <summary>What is kept of every scored token, a column each. P is the base, Q the subject. Nats, full vocabulary.</summary>
/// <remarks>protocol.md, M1. The fields of <see cref="TokenScore"/> under the same names.</remarks>
[Flags]
public enum ScoreColumns
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>KL(p‖q).</summary>
    Kl = 1 << 0,

    /// <summary>KL(q‖p).</summary>
    ReverseKl = 1 << 1,

    /// <summary>Jensen–Shannon divergence.</summary>
    Jsd = 1 << 2,

    /// <summary>log p of the scored token.</summary>
    LogP = 1 << 3,

    /// <summary>log q of the scored token.</summary>
    LogQ = 1 << 4,

    /// <summary>Entropy of p.</summary>
    EntropyP = 1 << 5,

    /// <summary>Entropy of q.</summary>
    EntropyQ = 1 << 6,

    /// <summary>Largest probability of p.</summary>
    TopP = 1 << 7,

    /// <summary>Largest probability of q.</summary>
    TopQ = 1 << 8,

    /// <summary>Its token id under p; ties to the lowest.</summary>
    ArgmaxP = 1 << 9,

    /// <summary>The same under q.</summary>
    ArgmaxQ = 1 << 10,

    /// <summary>Probability that the base gave to ids that its tokenizer cannot name, before they were removed.</summary>
    PaddingP = 1 << 11,

    /// <summary>The subject's.</summary>
    PaddingQ = 1 << 12,

    /// <summary>Probability that the subject gave to tokens that only its tokenizer has.</summary>
    AddedQ = 1 << 13,

    /// <summary>What is wrong with the logits, as the number of <see cref="LogitFaults"/>.</summary>
    Faults = 1 << 14,

    /// <summary>The scored token's id.</summary>
    Token = 1 << 15,

    /// <summary>Every column.</summary>
    All = (1 << 16) - 1,
}
