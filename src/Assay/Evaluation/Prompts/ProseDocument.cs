namespace Assay.Evaluation.Prompts;

/// <summary>A document of a prose domain.</summary>
/// <param name="Id">Unique within a draw.</param>
/// <param name="Domain">The domain's name.</param>
/// <param name="Text">The text.</param>
public sealed record ProseDocument(string Id, string Domain, string Text);
