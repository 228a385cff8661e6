using System.Collections.Immutable;

namespace Assay.Evaluation.Statistics;

/// <summary>How the large values of a set are spread, with percentile intervals over items.</summary>
/// <param name="Quantiles">Quantiles of all values, at <see cref="Probabilities"/>; the last is the maximum, which has no interval.</param>
/// <param name="Cvar99">Mean of the largest ⌈.01 N⌉ values.</param>
/// <param name="Cvar90Items">Mean of the largest ⌈.1 n⌉ item means.</param>
/// <param name="TrimmedItems">Mean of the item means without ⌊.05 n⌋ at each end.</param>
/// <remarks>protocol.md, M4. Values are in the unit of what was given.</remarks>
public sealed record TailEstimates(ImmutableArray<Estimate> Quantiles, Estimate Cvar99, Estimate Cvar90Items, Estimate TrimmedItems)
{
    /// <summary>Probabilities of the quantiles.</summary>
    public static ImmutableArray<double> Probabilities { get; } = [.5, .9, .95, .99, .999, 1];
}
