namespace Assay.Evaluation.Behaviour;

/// <summary>A reply and what it is.</summary>
/// <param name="Prompt">What the user said.</param>
/// <param name="Reply">What the model said, special tokens and thought left out.</param>
/// <param name="Tokens">Tokens made, those of the thought among them.</param>
/// <param name="Judgement">What the reply is.</param>
public sealed record JudgedReply(string Prompt, string Reply, int Tokens, ReplyJudgement Judgement);
