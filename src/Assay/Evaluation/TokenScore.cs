namespace Assay.Evaluation;

/// <summary>What two models say of one token in one context: P the base, Q the candidate. Nats, full vocabulary.</summary>
/// <param name="Token">The scored (gold) token.</param>
/// <param name="Kl">KL(p‖q).</param>
/// <param name="ReverseKl">KL(q‖p).</param>
/// <param name="Jsd">Jensen–Shannon divergence, in [0, ln 2].</param>
/// <param name="LogP">log p of the gold token.</param>
/// <param name="LogQ">log q of the gold token.</param>
/// <param name="EntropyP">Entropy of p.</param>
/// <param name="EntropyQ">Entropy of q.</param>
/// <param name="TopP">Largest probability of p.</param>
/// <param name="TopQ">Largest probability of q.</param>
/// <param name="ArgmaxP">Its token; ties to the lowest id.</param>
/// <param name="ArgmaxQ">The candidate's.</param>
/// <param name="PaddingP">Probability that the base gave to entries the tokenizer cannot name, before they were removed.</param>
/// <param name="PaddingQ">The candidate's.</param>
/// <param name="AddedQ">Probability that the candidate gave to tokens that only its tokenizer has; they were removed as well.</param>
/// <param name="Faults">What is wrong with the logits themselves.</param>
/// <remarks>protocol.md, M1.</remarks>
public readonly record struct TokenScore(int Token, double Kl, double ReverseKl, double Jsd, double LogP, double LogQ, double EntropyP, double EntropyQ,
    double TopP, double TopQ, int ArgmaxP, int ArgmaxQ, double PaddingP = 0, double PaddingQ = 0, double AddedQ = 0, LogitFaults Faults = LogitFaults.None);
