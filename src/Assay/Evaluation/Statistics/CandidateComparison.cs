using System.Collections.Immutable;

namespace Assay.Evaluation.Statistics;

/// <summary>Every candidate held against every other one, on the same items.</summary>
/// <param name="Differences">(candidate, candidate): mean of the first − mean of the second, with intervals that hold for all pairs together.</param>
/// <param name="TieGroups">Groups of candidates that are not told apart: two candidates differ exactly where no group has both.</param>
/// <remarks>protocol.md, Statistics: whether the intervals of two candidates overlap is never a test of their difference.</remarks>
public sealed record CandidateComparison(ImmutableArray<ImmutableArray<Estimate>> Differences, ImmutableArray<ImmutableArray<int>> TieGroups)
{
    /// <summary>Compares all pairs; a pair without an interval is not told apart.</summary>
    /// <param name="values">Values of each candidate by item: the same items in the same order.</param>
    /// <param name="seed">Of the resamples.</param>
    /// <param name="level">Coverage of all intervals together.</param>
    public static CandidateComparison Compute(IReadOnlyList<ImmutableArray<double>> values, ulong seed, double level = .95)
    {
        var n = values.Count == 0 ? 0 : values[0].Length;
        if (values.Any(v => v.Length != n)) throw new ArgumentException("Paired values are of the same items.", nameof(values));
        var all = Enumerable.Range(0, values.Count);
        (int First, int Second)[] pairs = [.. from a in all from b in all where a < b select (a, b)];
        var found = PairedMaxT.Simultaneous([.. pairs.Select(p => values[p.First].Zip(values[p.Second], (x, y) => x - y).ToArray())], n, seed, level);
        var table = new Estimate[values.Count, values.Count];
        for (var c = 0; c < values.Count; c++) table[c, c] = new Estimate(0, 0, 0, level, n, "itself");
        foreach (var ((a, b), e) in pairs.Zip(found)) (table[a, b], table[b, a]) = (e, e with { Value = -e.Value, Low = -e.High, High = -e.Low });
        return new CandidateComparison([.. all.Select(a => all.Select(b => table[a, b]).ToImmutableArray())],
            Statistics.TieGroups.Of(values.Count, (a, b) => table[a, b].HasInterval && (table[a, b].Low > 0 || table[a, b].High < 0)));
    }
}
