namespace Assay.Directions.Components;

/// <summary>A permutation test's outcome.</summary>
/// <param name="P">(1 + shuffles at least as extreme) / (1 + shuffles).</param>
/// <param name="Shuffles">How many.</param>
/// <param name="Median">Median of the statistic over the shuffles.</param>
/// <param name="Quantile95">Its 95th percentile.</param>
public sealed record PermutationResult(double P, int Shuffles, double Median, double Quantile95);
