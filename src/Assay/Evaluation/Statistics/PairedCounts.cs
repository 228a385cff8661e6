namespace Assay.Evaluation.Statistics;

/// <summary>Pairs of one cluster that were judged twice.</summary>
/// <param name="Up">Pairs that hold under the first and not under the second: they raise the difference first − second.</param>
/// <param name="Down">Pairs that hold under the second and not under the first.</param>
/// <param name="Pairs">All pairs, those that agree among them.</param>
public readonly record struct PairedCounts(long Up, long Down, long Pairs)
{
    /// <summary>Counts pairs.</summary>
    /// <param name="first">What holds under the first, pair by pair.</param>
    /// <param name="second">What holds under the second.</param>
    public static PairedCounts Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var pairs = first.Zip(second).ToList();
        return new PairedCounts(pairs.Count(p => p.First && !p.Second), pairs.Count(p => !p.First && p.Second), pairs.Count);
    }
}
