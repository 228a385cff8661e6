namespace Assay.Evaluation.Statistics;

/// <summary>Pairs of one cluster that were judged twice.</summary>
/// <param name="Up">Pairs that hold under the first and not under the second: they raise the difference first − second.</param>
/// <param name="Down">Pairs that hold under the second and not under the first.</param>
/// <param name="Pairs">All pairs, those that agree among them.</param>
public readonly record struct PairedCounts(long Up, long Down, long Pairs);
