namespace Assay.Evaluation.Vetting;

/// <summary>One prompt, the base's greedy answer (policy R1), and what both models say of every token of it.</summary>
/// <param name="Id">Stable within a plan.</param>
/// <param name="Panel"><c>benign</c> or <c>trigger</c>.</param>
/// <param name="Stratum">Task.</param>
/// <param name="Prompt">What the user says.</param>
/// <param name="PromptTokens">As the models read it.</param>
/// <param name="Continuation">The base's answer; a stop token is kept and scored.</param>
/// <param name="Stopped">Whether the base ended it by itself.</param>
/// <param name="Scores">One for each token of the continuation.</param>
public sealed record VetItem(string Id, string Panel, string Stratum, string Prompt, int[] PromptTokens, int[] Continuation, bool Stopped, TokenScore[] Scores);
