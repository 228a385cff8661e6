namespace Assay.Evaluation.Metrics;

/// <summary>The scored tokens of one item of a panel: the unit of resampling.</summary>
/// <param name="Id">Names the item.</param>
/// <param name="Stratum">Its stratum; strata are weighted equally.</param>
/// <param name="Tokens">Scores of the generated tokens k = 1, 2, … in order. An item without any is passed over.</param>
public sealed record ItemScores(string Id, string Stratum, IReadOnlyList<TokenScore> Tokens);
