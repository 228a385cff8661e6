namespace Assay.Evaluation.Behaviour;

/// <summary>A reply and what it is.</summary>
/// <param name="Prompt">What the user said.</param>
/// <param name="Reply">What the model said, special tokens left out.</param>
/// <param name="Tokens">Tokens made.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Right">Whether it gives the right answer; null where there is no single one. Only what was answered can be right.</param>
public sealed record JudgedReply(string Prompt, string Reply, int Tokens, ReplyKind Kind, bool? Right);
