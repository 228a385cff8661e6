namespace Assay.Evaluation.Vetting;

/// <summary>One document of reference text (policy R0) and what both models say of every token of it.</summary>
/// <param name="Id">Stable within a plan.</param>
/// <param name="Domain">Prose domain.</param>
/// <param name="Bytes">UTF-8 bytes of the text.</param>
/// <param name="Tokens">Ids, BOS included where the tokenizer adds one.</param>
/// <param name="Scores">One for each scored token.</param>
public sealed record VetDocument(string Id, string Domain, int Bytes, int[] Tokens, TokenScore[] Scores);
