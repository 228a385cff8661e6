using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>Quantiles and tail means with percentile intervals over items: sorted once, then read off by how often each item was drawn.</summary>
/// <remarks>protocol.md, M4.</remarks>
internal static class TailStatistics
{
    private static readonly double[] Probabilities = [.5, .9, .95, .99, .999, 1];

    public static (TokenQuantile[] Quantiles, Estimate Tokens, Estimate Items, Estimate Trimmed) Compute(double[][] values, double[] means, string[] strata, ulong seed)
    {
        var (tokens, owners) = Sorted([.. values.SelectMany(v => v)], [.. values.SelectMany((v, i) => Enumerable.Repeat(i, v.Length))]);
        var (items, positions) = Sorted([.. means], [.. Enumerable.Range(0, means.Length)]);
        var expanded = Array.Empty<double>();
        var result = ClusterBootstrap.Percentile(strata, Fill, Probabilities.Length + 3, seed);
        var quantiles = Probabilities.Select((p, k) => new TokenQuantile(p, p < 1 ? result[k] : result[k] with { Low = double.NaN, High = double.NaN, Method = "a maximum has no interval" }));
        return ([.. quantiles], result[^3], result[^2], result[^1]);

        void Fill(int[] drawn, double[] into)
        {
            var length = Expand(tokens, owners, drawn);
            var sample = expanded.AsSpan(0, length);
            for (var k = 0; k < Probabilities.Length; k++) into[k] = OrderStatistics.Quantile(sample, Probabilities[k]);
            into[^3] = OrderStatistics.TailMean(sample, .99m);
            sample = expanded.AsSpan(0, Expand(items, positions, drawn));
            into[^2] = OrderStatistics.TailMean(sample, .90m);
            into[^1] = OrderStatistics.TrimmedMean(sample, .05m);
        }

        int Expand(double[] sorted, int[] owner, int[] drawn)
        {
            var length = 0;
            foreach (var o in owner) length += drawn[o];
            if (expanded.Length < length) expanded = new double[2 * length];
            var at = 0;
            for (var i = 0; i < sorted.Length; i++)
                for (var copy = drawn[owner[i]]; copy > 0; copy--) expanded[at++] = sorted[i];
            return length;
        }
    }

    private static (double[] Values, int[] Owners) Sorted(double[] values, int[] owners)
    {
        Array.Sort(values, owners);
        return (values, owners);
    }
}
