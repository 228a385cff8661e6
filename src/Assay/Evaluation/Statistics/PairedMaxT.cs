using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace Assay.Evaluation.Statistics;

/// <summary>Simultaneous intervals of the paired differences of many candidates from one of them.</summary>
/// <remarks>Single-step max-t by bootstrap over items (Westfall and Young 1993, §2.3; Hothorn, Bretz and Westfall 2008): in each resample the largest |mean*
/// − mean| / se over all candidates, whose quantile is the half-width of every interval in standard errors. The standard error is the sample's, not the
/// resample's: where one item has nearly all of a candidate's spread, resamples without it have none, and that candidate's t would widen the intervals of
/// all. Items are drawn together for all candidates, so what they have in common cancels. Deterministic for a seed.</remarks>
public static class PairedMaxT
{
    /// <summary>Mean of value − value of the reference, with simultaneous intervals; the reference's own is 0.</summary>
    /// <param name="values">Values of each candidate by item: the same items in the same order.</param>
    /// <param name="reference">Whom the others are compared with.</param>
    /// <param name="seed">Of the resamples.</param>
    /// <param name="level">Coverage of all intervals together.</param>
    /// <returns>No interval for those with differences that are not finite, or of fewer than <see cref="ClusterBootstrap.MinimumClusters"/> items.</returns>
    public static ImmutableArray<Estimate> Differences(IReadOnlyList<ImmutableArray<double>> values, int reference, ulong seed, double level = .95)
    {
        var n = values[reference].Length;
        if (values.Any(v => v.Length != n)) throw new ArgumentException("Paired values are of the same items.", nameof(values));
        var results = Simultaneous([.. values.Select(v => Difference(v, values[reference]))], n, seed, level, except: reference);
        results[reference] = n < ClusterBootstrap.MinimumClusters ? results[reference] with { Value = 0 } : new Estimate(0, 0, 0, level, n, "the reference");
        return [.. results];
    }

    /// <summary>Means of several values of the same items with simultaneous intervals.</summary>
    /// <param name="values">(statistic, item).</param>
    /// <param name="n">Items.</param>
    /// <param name="seed">Of the resamples.</param>
    /// <param name="level">Coverage of all intervals together.</param>
    /// <param name="except">A statistic that is 0 by definition and takes no part.</param>
    internal static Estimate[] Simultaneous(double[][] values, int n, ulong seed, double level, int except = -1)
    {
        var results = new Estimate[values.Length];
        var (compared, means, errors) = (new List<int>(), new List<double>(), new List<double>());
        for (var c = 0; c < results.Length; c++)
        {
            var mean = FixedOrderSum.Mean(values[c]);
            var error = FixedOrderSum.StandardDeviation(values[c]) / Math.Sqrt(n);
            if (c != except && !double.IsFinite(mean)) results[c] = new Estimate(mean, double.NaN, double.NaN, level, n, "a difference is not finite");
            else if (n < ClusterBootstrap.MinimumClusters)
                results[c] = new Estimate(mean, double.NaN, double.NaN, level, n, $"fewer than {ClusterBootstrap.MinimumClusters} items");
            else if (c == except || error == 0) results[c] = new Estimate(mean, mean, mean, level, n, "no variation between items");
            else
            {
                compared.Add(c);
                means.Add(mean);
                errors.Add(error);
            }
        }

        if (compared.Count == 0) return results;
        var width = Largest([.. compared.Select(c => values[c])], means, errors, n, seed, level);
        for (var k = 0; k < compared.Count; k++)
            results[compared[k]] = new Estimate(means[k], means[k] - width * errors[k], means[k] + width * errors[k], level, n, "bootstrap max-t");
        return results;
    }

    /// <summary>The quantile of the largest |t| over candidates.</summary>
    private static double Largest(double[][] differences, List<double> means, List<double> errors, int n, ulong seed, double level)
    {
        // (item, candidate), centred and in standard errors of the mean: a resample is then a sum of a few rows.
        var scaled = new double[n][];
        for (var i = 0; i < n; i++) scaled[i] = [.. differences.Select((d, k) => (d[i] - means[k]) / (n * errors[k]))];
        var largest = new double[ClusterBootstrap.Replicates];
        var (sum, counts) = (new double[differences.Length], new int[n]);
        for (var b = 0; b < largest.Length; b++)
        {
            var random = new BootstrapRandom(seed, (ulong)b);
            Array.Clear(counts);
            for (var i = 0; i < n; i++) counts[random.Index(n)]++;
            Array.Clear(sum);
            for (var i = 0; i < n; i++)
                if (counts[i] > 0) TensorPrimitives.MultiplyAdd(scaled[i], counts[i], sum, sum);
            largest[b] = Math.Abs(sum[TensorPrimitives.IndexOfMaxMagnitude<double>(sum)]);
        }

        Array.Sort(largest);
        return OrderStatistics.Quantile(largest, level);
    }

    private static double[] Difference(ImmutableArray<double> a, ImmutableArray<double> b) => [.. a.Zip(b, (x, y) => x - y)];
}
