using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Assay.Evaluation.Statistics;

/// <summary>Makes the intervals of a run: one seed, and one set of resamples for all statistics over clusters of the same strata.</summary>
/// <param name="seed">Chooses the resamples.</param>
/// <param name="threads">How many threads compute; results do not depend on it.</param>
/// <param name="progress">Told how many resamples have been computed by all calls so far, several times within each call.</param>
/// <param name="cancellationToken">Ends a call within a block of resamples by an <see cref="OperationCanceledException"/>.</param>
/// <remarks>protocol.md, Statistics. Results have the bits of <see cref="ClusterBootstrap"/> with the same seed. The draws of at most two layouts of strata
/// are kept, in at most 2 × <see cref="KeptBytes"/> bytes; those of larger ones are drawn anew by each call. Safe for several threads at once.</remarks>
public sealed class Statistician(ulong seed, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
{
    /// <summary>Draws of a layout are kept up to this many bytes.</summary>
    internal const int KeptBytes = 1 << 22;

    private const int BlocksInTask = 32;

    private readonly int _threads = threads > 0 ? threads : throw new ArgumentOutOfRangeException(nameof(threads), threads, "At least one thread computes.");
    private readonly Lock _lock = new();

    // The most recently used layout comes first.
    private readonly List<Resamples> _kept = new(2);
    private long _done;

    /// <summary>Chooses the resamples.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>Resamples of each statistic.</summary>
    public int Replicates { get; init; } = ClusterBootstrap.Replicates;

    /// <summary>The mean (total over weight within a stratum, strata weighted equally) with the studentised interval.</summary>
    /// <param name="clusters">Clusters; those without weight are passed over.</param>
    /// <param name="level">Coverage asked.</param>
    /// <returns>What <see cref="ClusterBootstrap.Mean(IReadOnlyList{Cluster}, ulong, double)"/> returns.</returns>
    public Estimate Mean(IReadOnlyList<Cluster> clusters, double level = .95) => ClusterBootstrap.Mean(clusters, level, (totals, weights, strata, mean) =>
    {
        var means = new RatioMeans(totals, weights, strata);
        var t = new double[Replicates];
        ForEachBlock(strata.Sizes, (block, counts) =>
        {
            Span<double> values = stackalloc double[Resamples.Lanes], errors = stackalloc double[Resamples.Lanes];
            means.Compute(counts, values, errors);
            for (var lane = 0; lane < Lanes(block); lane++) t[block * Resamples.Lanes + lane] = values[lane] == mean ? 0 : (values[lane] - mean) / errors[lane];
        });
        return t;
    });

    /// <summary>The mean of candidate − base over clusters measured under both, with the studentised interval.</summary>
    /// <param name="before">Clusters under the base.</param>
    /// <param name="after">The same clusters under the candidate: same order, strata and weights.</param>
    /// <param name="level">Coverage asked.</param>
    /// <exception cref="ArgumentException">The two are not the same clusters.</exception>
    public Estimate PairedDifference(IReadOnlyList<Cluster> before, IReadOnlyList<Cluster> after, double level = .95) =>
        Mean(ClusterBootstrap.Differences(before, after), level);

    /// <summary>The difference of two means of the same clusters, whose weights may differ, with the studentised interval.</summary>
    /// <param name="first">What each cluster gives to the first mean; weight 0 where it gives nothing.</param>
    /// <param name="second">What the same clusters give to the second mean: same order and strata.</param>
    /// <param name="level">Coverage asked.</param>
    /// <returns>First − second. The error is by linearisation.</returns>
    /// <exception cref="ArgumentException">The two are not the same clusters.</exception>
    public Estimate Difference(IReadOnlyList<Cluster> first, IReadOnlyList<Cluster> second, double level = .95) =>
        Contrast(new RatioContrast(first, second, logarithm: false), level);

    /// <summary>The logarithm of the ratio of two means of the same clusters, drawn together, with the studentised interval.</summary>
    /// <param name="above">What each cluster gives to the mean above the line; weight 0 where it gives nothing.</param>
    /// <param name="below">What the same clusters give to the mean below it: same order and strata.</param>
    /// <param name="level">Coverage asked.</param>
    /// <returns>ln(mean above) − ln(mean below), in nats; NaN without an interval where a mean is not above 0. The error is by linearisation; a bound is
    /// infinite where too many resamples have a mean that is not above 0.</returns>
    /// <remarks>Two sets of items are contrasted by giving each its own strata and weight 0 in the other mean; a mean is over those strata in which it has
    /// weight.</remarks>
    /// <exception cref="ArgumentException">The two are not the same clusters.</exception>
    public Estimate LogRatio(IReadOnlyList<Cluster> above, IReadOnlyList<Cluster> below, double level = .95) =>
        Contrast(new RatioContrast(above, below, logarithm: true), level);

    /// <summary>Percentile intervals of statistics that are no means, all from the same resamples.</summary>
    /// <param name="strata">Each cluster's stratum.</param>
    /// <param name="statistics">Fills its second argument from how often each cluster was drawn; called with ones first, then by several threads at
    /// once.</param>
    /// <param name="count">How many statistics.</param>
    /// <param name="level">Coverage asked.</param>
    /// <returns>What <see cref="ClusterBootstrap.Percentile(IReadOnlyList{string}, Action{int[], double[]}, int, ulong, double)"/> returns.</returns>
    public Estimate[] Percentile(IReadOnlyList<string> strata, Action<ReadOnlySpan<int>, Span<double>> statistics, int count, double level = .95)
    {
        var values = new double[count];
        statistics([.. Enumerable.Repeat(1, strata.Count)], values);
        return ClusterBootstrap.Percentile(strata, values, level, groups =>
        {
            var all = Enumerable.Range(0, count).Select(_ => new double[Replicates]).ToArray();
            int[] order = [.. groups.Members.SelectMany(m => m)];
            ForEachBlock(groups.Sizes, (block, counts) =>
            {
                var (drawn, one) = (new int[order.Length], new double[count]);
                for (var lane = 0; lane < Lanes(block); lane++)
                {
                    for (var k = 0; k < order.Length; k++) drawn[order[k]] = counts[k * Resamples.Lanes + lane];
                    statistics(drawn, one);
                    for (var k = 0; k < count; k++) all[k][block * Resamples.Lanes + lane] = one[k];
                }
            });
            return all;
        });
    }

    /// <summary>Quantiles, tail means and the trimmed mean with percentile intervals over items.</summary>
    /// <param name="values">Values of item after item.</param>
    /// <param name="lengths">How many values each item has, at least 1.</param>
    /// <param name="strata">Each item's stratum.</param>
    /// <param name="level">Coverage asked.</param>
    /// <remarks>Values are sorted once; a resample is read off by ranks (<see cref="SortedValues"/>).</remarks>
    public TailEstimates Tail(ReadOnlySpan<double> values, ReadOnlySpan<int> lengths, IReadOnlyList<string> strata, double level = .95)
    {
        if (lengths.Length != strata.Count) throw new ArgumentException($"{lengths.Length} items have {strata.Count} strata.", nameof(strata));
        var tail = new TailSample(values, lengths);
        var found = Percentile(strata, tail.Compute, TailSample.Count, level);
        var quantiles = found[..TailEstimates.Probabilities.Length];
        quantiles[^1] = quantiles[^1] with { Low = double.NaN, High = double.NaN, Method = "a maximum has no interval" };
        return new TailEstimates(ImmutableCollectionsMarshal.AsImmutableArray(quantiles), found[^3], found[^2], found[^1]);
    }

    /// <summary>The same of values that lie apart.</summary>
    /// <param name="values">Each item's values, at least 1.</param>
    /// <param name="strata">Each item's stratum.</param>
    /// <param name="level">Coverage asked.</param>
    public TailEstimates Tail(IReadOnlyList<double[]> values, IReadOnlyList<string> strata, double level = .95) =>
        Tail([.. values.SelectMany(v => v)], [.. values.Select(v => v.Length)], strata, level);

    /// <summary>The area under the ROC curve, P[a positive's value exceeds a negative's] with ties one half, with its percentile interval over items.</summary>
    /// <param name="positives">Each item's values that should be larger.</param>
    /// <param name="negatives">The same items' values that should be smaller.</param>
    /// <param name="strata">Each item's stratum.</param>
    /// <param name="level">Coverage asked.</param>
    /// <remarks>All values are pooled over items. The share within items is a <see cref="Mean"/> of wins over pairs.</remarks>
    public Estimate Auc(IReadOnlyList<double[]> positives, IReadOnlyList<double[]> negatives, IReadOnlyList<string> strata, double level = .95)
    {
        if (positives.Count != strata.Count || negatives.Count != strata.Count)
        {
            throw new ArgumentException(
                $"{positives.Count} items with positives, {negatives.Count} with negatives, {strata.Count} strata: they are the same items.", nameof(strata));
        }

        var missing = positives.All(v => v.Length == 0) ? "no positives" : negatives.All(v => v.Length == 0) ? "no negatives" : null;
        if (missing is not null) return new Estimate(double.NaN, double.NaN, double.NaN, level, strata.Count, missing);
        return Percentile(strata, new RankAuc(positives, negatives).Compute, 1, level)[0];
    }

    private Estimate Contrast(RatioContrast contrast, double level)
    {
        var (value, error) = contrast.Compute();
        if (contrast.Clusters == 0) return None("no data");
        if (!double.IsFinite(value)) return None(contrast.WhyUndefined);
        if (contrast.Clusters < ClusterBootstrap.MinimumClusters) return None($"fewer than {ClusterBootstrap.MinimumClusters} clusters");
        if (error == 0) return new Estimate(value, value, value, level, contrast.Clusters, "no variation between clusters");
        var t = new double[Replicates];
        ForEachBlock(contrast.Sizes, (block, counts) =>
        {
            Span<double> values = stackalloc double[Resamples.Lanes], errors = stackalloc double[Resamples.Lanes];
            contrast.Compute(counts, values, errors);
            for (var lane = 0; lane < Lanes(block); lane++)
            {
                var (b, resampled) = (block * Resamples.Lanes + lane, values[lane]);
                // Without both means nothing is known of a resample: it counts against one bound, then against the other.
                t[b] = resampled == value ? 0 : double.IsNaN(resampled) ? (b % 2 == 0 ? double.NegativeInfinity : double.PositiveInfinity)
                    : double.IsInfinity(resampled) ? resampled : (resampled - value) / errors[lane];
            }
        });
        var (low, high) = ClusterBootstrap.Bounds(value, error, t, level);
        return new Estimate(value, low, high, level, contrast.Clusters, "bootstrap-t, linearised");

        Estimate None(string why) => new(value, double.NaN, double.NaN, level, contrast.Clusters, why);
    }

    /// <summary>How many layouts' draws are kept now.</summary>
    internal int KeptLayouts
    {
        get
        {
            lock (_lock) return _kept.Count;
        }
    }

    private int Blocks => (Replicates + Resamples.Lanes - 1) / Resamples.Lanes;

    /// <summary>How many lanes of a block are resamples; the last block may have some to spare.</summary>
    private int Lanes(int block) => Math.Min(Resamples.Lanes, Replicates - block * Resamples.Lanes);

    /// <summary>Runs an action on the counts of each block, on all threads, in any order.</summary>
    private void ForEachBlock(int[] sizes, BlockAction action)
    {
        var resamples = Find(sizes);
        InParallel(() => new byte[resamples.BlockLength], (block, scratch) => action(block, resamples.Block(block, scratch)), count: true);
    }

    private Resamples Find(int[] sizes)
    {
        lock (_lock)
        {
            var found = _kept.Find(r => r.Fits(sizes));
            if (found is null)
            {
                found = Resamples.OnDemand(sizes, Seed);
                if ((long)Blocks * found.BlockLength > KeptBytes) return found;
                if (_kept.Count == 2) _kept.RemoveAt(1);
                found = found.Keep(Blocks, draw => InParallel(() => 0, (block, _) => draw(block), count: false));
            }
            else
            {
                _kept.Remove(found);
            }

            _kept.Insert(0, found);
            return found;
        }
    }

    private void InParallel<T>(Func<T> local, Action<int, T> action, bool count)
    {
        var tasks = (Blocks + BlocksInTask - 1) / BlocksInTask;
        if (_threads == 1)
        {
            var own = local();
            for (var task = 0; task < tasks; task++) Run(task, own);
        }
        else
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken };
            Parallel.For(0, tasks, options, local, (task, _, own) => Run(task, own), _ => { });
        }

        T Run(int task, T own)
        {
            var (from, to) = (task * BlocksInTask, Math.Min((task + 1) * BlocksInTask, Blocks));
            for (var block = from; block < to; block++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                action(block, own);
            }

            if (count) progress?.Report(Interlocked.Add(ref _done, Math.Min(to * Resamples.Lanes, Replicates) - from * Resamples.Lanes));
            return own;
        }
    }

    private delegate void BlockAction(int block, ReadOnlySpan<byte> counts);
}
