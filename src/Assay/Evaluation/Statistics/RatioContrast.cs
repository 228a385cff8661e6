namespace Assay.Evaluation.Statistics;

/// <summary>The difference of two stratified means of the same clusters, or of the logarithms of these means, with its linearised standard error.</summary>
/// <remarks>Each mean is Σ share · total / weight over the strata in which it has weight, whose shares are scaled to sum to 1. With influence u of a cluster,
/// u = share₁ (total₁ − ratio₁ weight₁) / (W₁ M₁) − share₂ (total₂ − ratio₂ weight₂) / (W₂ M₂), where M is the mean (1 for plain differences), the squared
/// error is Σ G/(G−1) Σ u² over strata of G clusters (Woodruff, A simple method for approximating the variance of a complicated estimate, 1971).
/// Immutable.</remarks>
internal sealed class RatioContrast
{
    private readonly Side _first, _second;
    private readonly bool _logarithm;

    /// <param name="first">What clusters give to the first mean.</param>
    /// <param name="second">What the same clusters give to the second.</param>
    /// <param name="logarithm">Whether logarithms of the means are contrasted.</param>
    public RatioContrast(IReadOnlyList<Cluster> first, IReadOnlyList<Cluster> second, bool logarithm)
    {
        if (first.Count != second.Count || first.Zip(second).Any(p => p.First.Stratum != p.Second.Stratum))
            throw new ArgumentException("The two means are of the same clusters, in the same order and strata.", nameof(second));
        var kept = Enumerable.Range(0, first.Count).Where(i => first[i].Weight != 0 || second[i].Weight != 0).ToArray();
        var strata = Strata.Of([.. kept.Select(i => first[i].Stratum)]);
        int[] order = [.. strata.Members.SelectMany(m => m.Select(i => kept[i]))];
        (Sizes, Clusters, _logarithm) = (strata.Sizes, kept.Length, logarithm);
        (_first, _second) = (new Side([.. order.Select(i => first[i])], strata), new Side([.. order.Select(i => second[i])], strata));
    }

    /// <summary>How many clusters each stratum has; clusters stand in the order of the strata.</summary>
    public int[] Sizes { get; }

    /// <summary>Clusters that have weight in either mean.</summary>
    public int Clusters { get; }

    /// <summary>Why the contrast of the sample itself is no number.</summary>
    public string WhyUndefined => _logarithm ? "a mean is not finite and above 0" : "a value is not finite";

    /// <summary>The contrast and its standard error in a resample; NaN where a mean is undefined, infinite where one of two logarithms is.</summary>
    /// <param name="counts">How often each cluster was drawn.</param>
    public (double Value, double Error) Compute(ReadOnlySpan<double> counts)
    {
        var strata = Sizes.Length;
        Span<double> room = strata <= 64 ? stackalloc double[4 * strata] : new double[4 * strata];
        Span<double> ratios1 = room[..strata], weights1 = room.Slice(strata, strata), ratios2 = room.Slice(2 * strata, strata), weights2 = room[(3 * strata)..];
        var (mean1, mean2) = (_first.Mean(counts, Sizes, ratios1, weights1), _second.Mean(counts, Sizes, ratios2, weights2));
        if (_logarithm && !(mean1 > 0 && mean2 > 0))
            return (mean2 > 0 && mean1 <= 0 ? double.NegativeInfinity : mean1 > 0 && mean2 <= 0 ? double.PositiveInfinity : double.NaN, double.NaN);
        var (slope1, slope2) = _logarithm ? (1 / mean1, 1 / mean2) : (1, 1);
        double variance = 0;
        var from = 0;
        for (var s = 0; s < strata; s++)
        {
            var size = Sizes[s];
            double squares = 0;
            if (size > 1)
            {
                for (var k = from; k < from + size; k++)
                {
                    var influence = _first.Influence(k, s, ratios1[s], weights1[s]) * slope1 - _second.Influence(k, s, ratios2[s], weights2[s]) * slope2;
                    squares += counts[k] * influence * influence;
                }

                variance += squares * size / (size - 1);
            }
            else if (strata > 1)
            {
                // A lone singleton has no spread of its own: its distance from the means stands in.
                var distance = _first.Distance(s, ratios1[s], mean1) * slope1 - _second.Distance(s, ratios2[s], mean2) * slope2;
                variance += distance * distance;
            }

            from += size;
        }

        return (_logarithm ? Math.Log(mean1) - Math.Log(mean2) : mean1 - mean2, Math.Sqrt(variance));
    }

    /// <summary>One of the two means.</summary>
    private sealed class Side
    {
        private readonly double[] _totals, _weights, _shares;

        public Side(Cluster[] clusters, Strata strata)
        {
            (_totals, _weights, _shares) = ([.. clusters.Select(c => c.Total)], [.. clusters.Select(c => c.Weight)], [.. strata.Shares]);
            var from = 0;
            for (var s = 0; s < _shares.Length; s++)
            {
                var size = strata.Members[s].Length;
                for (var k = from; k < from + size; k++)
                    if (_weights[k] == 0) _totals[k] = 0;
                    else if (strata.Pooled[s]) (_totals[k], _weights[k]) = (_totals[k] / _weights[k], 1);
                if (!_weights.AsSpan(from, size).ContainsAnyExcept(0)) _shares[s] = 0;
                from += size;
            }

            var sum = FixedOrderSum.Of(_shares);
            for (var s = 0; s < _shares.Length; s++) _shares[s] /= sum;
        }

        public double Mean(ReadOnlySpan<double> counts, int[] sizes, Span<double> ratios, Span<double> weights)
        {
            double mean = 0;
            var from = 0;
            for (var s = 0; s < sizes.Length; s++)
            {
                double total = 0, weight = 0;
                for (var k = from; k < from + sizes[s]; k++)
                {
                    total += counts[k] * _totals[k];
                    weight += counts[k] * _weights[k];
                }

                (ratios[s], weights[s]) = (total / weight, weight);
                if (_shares[s] != 0) mean += _shares[s] * ratios[s];
                from += sizes[s];
            }

            return sizes.Length == 0 ? double.NaN : mean;
        }

        public double Influence(int cluster, int stratum, double ratio, double weight) =>
            _shares[stratum] == 0 ? 0 : _shares[stratum] * (_totals[cluster] - ratio * _weights[cluster]) / weight;

        public double Distance(int stratum, double ratio, double mean) => _shares[stratum] == 0 ? 0 : _shares[stratum] * (ratio - mean);
    }
}
