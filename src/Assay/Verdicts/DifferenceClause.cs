namespace Assay.Verdicts;

/// <summary>One thing that was done to the weights.</summary>
/// <param name="Energy">Of the difference that it explains: what explains most is told first.</param>
/// <param name="Text">Part of a sentence.</param>
/// <param name="Evidence">Sentences.</param>
internal sealed record DifferenceClause(double Energy, string Text, IReadOnlyList<string> Evidence);
