namespace Assay.Models;

/// <summary>How long a thought may be.</summary>
/// <param name="Marks">The tokens between which it stands.</param>
/// <param name="Most">Tokens of a thought beside those that the answer may have. One that is longer is cut, and no answer follows.</param>
public sealed record ThoughtLimit(ThoughtMarks Marks, int Most);
