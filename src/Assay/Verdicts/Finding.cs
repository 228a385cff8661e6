namespace Assay.Verdicts;

/// <summary>Something a reader must know beside the verdict. It changes neither verdict nor exit code.</summary>
/// <param name="Name">Its name, such as <c>DOMINATED</c>.</param>
/// <param name="Sentence">What was seen, with its numbers.</param>
public sealed record Finding(string Name, string Sentence);
