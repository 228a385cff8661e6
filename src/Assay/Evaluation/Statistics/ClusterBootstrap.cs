namespace Assay.Evaluation.Statistics;

/// <summary>Intervals by resampling whole clusters within strata.</summary>
/// <remarks>protocol.md, Statistics. Deterministic for a seed. Fewer than <see cref="MinimumClusters"/> clusters get no interval.</remarks>
public static class ClusterBootstrap
{
    /// <summary>Below this many clusters no bootstrap interval is given.</summary>
    public const int MinimumClusters = 30;

    /// <summary>Resamples drawn, B.</summary>
    public const int Replicates = 9_999;

    /// <summary>The mean (total over weight within a stratum, strata weighted equally) with the studentised interval.</summary>
    /// <param name="clusters">Clusters; those without weight are passed over.</param>
    /// <param name="seed">Chooses the resamples.</param>
    /// <param name="level">Coverage asked.</param>
    /// <returns>NaN of no clusters; no interval where a total is not finite or the clusters are too few. A bound is infinite where too many
    /// resamples have no spread at all.</returns>
    /// <remarks>Bootstrap-t (Efron and Tibshirani, 1993, chapter 12) with standard errors by cluster linearisation.</remarks>
    public static Estimate Mean(IReadOnlyList<Cluster> clusters, ulong seed, double level = .95) => Mean(clusters, level, (totals, weights, strata, mean) =>
    {
        var (t, drawn) = (new double[Replicates], new int[totals.Length]);
        for (var b = 0; b < t.Length; b++)
        {
            strata.Resample(seed, b, drawn);
            var (value, spread) = MeanAndError(totals, weights, strata, drawn);
            t[b] = value == mean ? 0 : (value - mean) / spread;
        }

        return t;
    });

    /// <summary>The studentised interval around the mean of clusters.</summary>
    /// <param name="clusters">Clusters; those without weight are passed over.</param>
    /// <param name="level">Coverage asked.</param>
    /// <param name="studentised">Of totals, weights, strata and the mean: (mean* − mean) / standard error* of each resample, in the order of the
    /// resamples.</param>
    internal static Estimate Mean(IReadOnlyList<Cluster> clusters, double level, Func<double[], double[], Strata, double, double[]> studentised)
    {
        var kept = clusters.Where(c => c.Weight != 0).ToArray();
        if (kept.Length == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no data");
        var strata = Strata.Of([.. kept.Select(c => c.Stratum)]);
        var (totals, weights) = Parts(kept, strata);
        var (mean, error) = MeanAndError(totals, weights, strata, [.. Enumerable.Repeat(1, kept.Length)]);
        if (!double.IsFinite(mean) || kept.Any(c => !double.IsFinite(c.Weight))) return None("a value is not finite");
        if (kept.Length < MinimumClusters) return None($"fewer than {MinimumClusters} clusters");
        if (error == 0) return new Estimate(mean, mean, mean, level, kept.Length, "no variation between clusters");
        var (low, high) = Bounds(mean, error, studentised(totals, weights, strata, mean), level);
        return new Estimate(mean, low, high, level, kept.Length, "bootstrap-t");

        Estimate None(string why) => new(mean, double.NaN, double.NaN, level, kept.Length, why);
    }

    /// <summary>Bounds of the bootstrap-t interval.</summary>
    /// <param name="value">The estimate.</param>
    /// <param name="error">Its standard error.</param>
    /// <param name="t">Studentised resamples; sorted in place.</param>
    /// <param name="level">Coverage asked.</param>
    internal static (double Low, double High) Bounds(double value, double error, double[] t, double level)
    {
        Array.Sort(t);
        var beyond = (1 - level) / 2;
        return (value - OrderStatistics.Quantile(t, 1 - beyond) * error, value - OrderStatistics.Quantile(t, beyond) * error);
    }

    /// <summary>Standard error of the mean by cluster linearisation within strata; NaN of fewer than two clusters.</summary>
    /// <param name="clusters">Clusters; those without weight are passed over.</param>
    /// <remarks>√(G/(G−1) Σ (total − mean · weight)²) / Σ weight in each stratum.</remarks>
    public static double StandardError(IReadOnlyList<Cluster> clusters)
    {
        var kept = clusters.Where(c => c.Weight != 0).ToArray();
        return kept.Length < 2 ? double.NaN : MeanAndError(kept).Error;
    }

    /// <summary>Mean and standard error of clusters that have weight, and how many strata they are drawn in.</summary>
    internal static (double Mean, double Error, int Strata) MeanAndError(Cluster[] clusters)
    {
        var strata = Strata.Of([.. clusters.Select(c => c.Stratum)]);
        var (totals, weights) = Parts(clusters, strata);
        var (mean, error) = MeanAndError(totals, weights, strata, [.. Enumerable.Repeat(1, clusters.Length)]);
        return (mean, error, strata.Members.Length);
    }

    /// <summary>The mean of candidate − base over clusters measured under both, with the studentised interval.</summary>
    /// <param name="before">Clusters under the base.</param>
    /// <param name="after">The same clusters under the candidate: same order, strata and weights.</param>
    /// <param name="seed">Chooses the resamples.</param>
    /// <param name="level">Coverage asked.</param>
    /// <exception cref="ArgumentException">The two are not the same clusters.</exception>
    public static Estimate PairedDifference(IReadOnlyList<Cluster> before, IReadOnlyList<Cluster> after, ulong seed, double level = .95) =>
        Mean(Differences(before, after), seed, level);

    /// <summary>Candidate − base of each cluster.</summary>
    internal static Cluster[] Differences(IReadOnlyList<Cluster> before, IReadOnlyList<Cluster> after)
    {
        if (before.Count != after.Count || before.Zip(after).Any(p => p.First.Stratum != p.Second.Stratum || p.First.Weight != p.Second.Weight))
            throw new ArgumentException("Paired clusters have the same order, strata and weights.", nameof(after));
        return [.. before.Zip(after, (a, b) => b with { Total = b.Total - a.Total })];
    }

    /// <summary>Percentile intervals of statistics that are no means (quantiles, tail means), all from the same resamples.</summary>
    /// <param name="strata">Each cluster's stratum.</param>
    /// <param name="statistics">Fills its second argument from how often each cluster was drawn; called with ones first.</param>
    /// <param name="count">How many statistics.</param>
    /// <param name="seed">Chooses the resamples.</param>
    /// <param name="level">Coverage asked.</param>
    public static Estimate[] Percentile(IReadOnlyList<string> strata, Action<int[], double[]> statistics, int count, ulong seed, double level = .95)
    {
        var values = new double[count];
        statistics([.. Enumerable.Repeat(1, strata.Count)], values);
        return Percentile(strata, values, level, groups =>
        {
            var (one, drawn) = (new double[count], new int[strata.Count]);
            var all = Enumerable.Range(0, count).Select(_ => new double[Replicates]).ToArray();
            for (var b = 0; b < Replicates; b++)
            {
                groups.Resample(seed, b, drawn);
                statistics(drawn, one);
                for (var k = 0; k < count; k++) all[k][b] = one[k];
            }

            return all;
        });
    }

    /// <summary>Percentile intervals around values.</summary>
    /// <param name="strata">Each cluster's stratum.</param>
    /// <param name="values">The statistics of the sample itself.</param>
    /// <param name="level">Coverage asked.</param>
    /// <param name="resampled">Each statistic's values over all resamples; sorted in place.</param>
    internal static Estimate[] Percentile(IReadOnlyList<string> strata, double[] values, double level, Func<Strata, double[][]> resampled)
    {
        var n = strata.Count;
        if (n < MinimumClusters)
            return [.. values.Select(v => new Estimate(v, double.NaN, double.NaN, level, n, n == 0 ? "no data" : $"fewer than {MinimumClusters} clusters"))];
        var all = resampled(Strata.Of(strata));
        foreach (var sample in all) Array.Sort(sample);
        var beyond = (1 - level) / 2;
        return [.. values.Select((v, k) =>
            new Estimate(v, OrderStatistics.Quantile(all[k], beyond), OrderStatistics.Quantile(all[k], 1 - beyond), level, n, "percentile bootstrap"))];
    }

    private static (double Mean, double Error) MeanAndError(double[] totals, double[] weights, Strata strata, int[] counts)
    {
        double mean = 0, variance = 0, lone = double.NaN;
        for (var s = 0; s < strata.Members.Length; s++)
        {
            var members = strata.Members[s];
            double total = 0, weight = 0, squares = 0, share = strata.Shares[s];
            foreach (var i in members)
            {
                if (counts[i] == 0) continue;
                total += counts[i] * totals[i];
                weight += counts[i] * weights[i];
            }
            var ratio = total / weight;
            foreach (var i in members)
            {
                var residual = totals[i] - ratio * weights[i];
                if (counts[i] != 0) squares += counts[i] * residual * residual;
            }
            mean += share * ratio;
            if (members.Length > 1) variance += share * share * squares * members.Length / (members.Length - 1) / (weight * weight);
            else lone = ratio;
        }
        // A lone singleton has no spread of its own: its distance from the mean stands in.
        if (!double.IsNaN(lone) && strata.Members.Length > 1) variance += strata.Shares[^1] * strata.Shares[^1] * (lone - mean) * (lone - mean);
        return (mean, Math.Sqrt(variance));
    }

    /// <summary>Totals and weights of clusters; members of the pool of singletons count equally, so theirs become value and 1.</summary>
    private static (double[] Totals, double[] Weights) Parts(Cluster[] clusters, Strata strata)
    {
        var (totals, weights) = (clusters.Select(c => c.Total).ToArray(), clusters.Select(c => c.Weight).ToArray());
        for (var s = 0; s < strata.Members.Length; s++)
            if (strata.Pooled[s])
                foreach (var i in strata.Members[s]) (totals[i], weights[i]) = (totals[i] / weights[i], 1);
        return (totals, weights);
    }
}
