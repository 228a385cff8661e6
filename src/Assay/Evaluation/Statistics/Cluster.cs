namespace Assay.Evaluation.Statistics;

/// <summary>One unit of resampling: an item, a document. Its contribution to a mean is a total over a weight.</summary>
/// <param name="Stratum">Stratum it is drawn in; strata are weighted equally.</param>
/// <param name="Total">Sum of its values.</param>
/// <param name="Weight">How many values (tokens, bytes), 0 or more; 1 where the cluster is one value.</param>
public readonly record struct Cluster(string Stratum, double Total, double Weight = 1);
