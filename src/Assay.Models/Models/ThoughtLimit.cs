namespace Assay.Models;

/// <summary>How a thought is told from the answer behind it, and how long it may be.</summary>
/// <param name="Start">Id that opens a thought; the prompt may have opened it.</param>
/// <param name="End">Id that closes it.</param>
/// <param name="Most">Tokens of a thought beside those that the answer may have. One that is longer is cut, and no answer follows.</param>
public sealed record ThoughtLimit(int Start, int End, int Most);
