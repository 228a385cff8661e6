using System.Runtime.Intrinsics;

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
        if (first.Concat(second).Any(c => !double.IsFinite(c.Weight))) throw new ArgumentException("A weight is a finite number.", nameof(first));
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

    /// <summary>The contrast and its standard error in the sample itself.</summary>
    public (double Value, double Error) Compute()
    {
        Span<double> values = stackalloc double[Resamples.Lanes], errors = stackalloc double[Resamples.Lanes];
        Compute([.. Enumerable.Repeat((byte)1, Resamples.Lanes * Clusters)], values, errors);
        return (values[0], errors[0]);
    }

    /// <summary>The contrast and its standard error in each lane of a block; NaN where a mean is undefined, infinite where one of two logarithms is.</summary>
    /// <param name="counts">How often each cluster was drawn (cluster, lane).</param>
    /// <param name="values">One for each lane.</param>
    /// <param name="errors">One for each lane.</param>
    public void Compute(ReadOnlySpan<byte> counts, Span<double> values, Span<double> errors)
    {
        Half(counts, 0, values, errors);
        Half(counts, 4, values[4..], errors[4..]);
    }

    private void Half(ReadOnlySpan<byte> counts, int lane, Span<double> values, Span<double> errors)
    {
        var strata = Sizes.Length;
        Span<Vector256<double>> room = strata <= 32 ? stackalloc Vector256<double>[4 * strata] : new Vector256<double>[4 * strata];
        Span<Vector256<double>> ratios1 = room[..strata], scales1 = room.Slice(strata, strata);
        Span<Vector256<double>> ratios2 = room.Slice(2 * strata, strata), scales2 = room[(3 * strata)..];
        var (mean1, mean2) = (_first.Means(counts, lane, Sizes, ratios1, scales1), _second.Means(counts, lane, Sizes, ratios2, scales2));
        var (slope1, slope2) = _logarithm ? (Vector256<double>.One / mean1, Vector256<double>.One / mean2) : (Vector256<double>.One, Vector256<double>.One);
        Vector256<double> variance = default;
        var from = 0;
        for (var s = 0; s < strata; s++)
        {
            var size = Sizes[s];
            if (size > 1)
            {
                Vector256<double> squares = default;
                var (scale1, scale2) = (scales1[s] * slope1, scales2[s] * slope2);
                for (var k = from; k < from + size; k++)
                {
                    var influence = _first.Residual(k, ratios1[s]) * scale1 - _second.Residual(k, ratios2[s]) * scale2;
                    squares += Resamples.Four(counts, k * Resamples.Lanes + lane) * influence * influence;
                }

                variance += squares * Vector256.Create(size / (size - 1.0));
            }
            else if (strata > 1)
            {
                // A lone singleton has no spread of its own: its distance from the means stands in.
                var distance = _first.Distance(s, ratios1[s], mean1) * slope1 - _second.Distance(s, ratios2[s], mean2) * slope2;
                variance += distance * distance;
            }

            from += size;
        }

        Vector256.Sqrt(variance).CopyTo(errors);
        for (var k = 0; k < 4; k++) values[k] = _logarithm ? LogRatio(mean1[k], mean2[k]) : mean1[k] - mean2[k];
    }

    private static double LogRatio(double above, double below)
    {
        if (above > 0 && below > 0) return Math.Log(above) - Math.Log(below);
        return above <= 0 && below > 0 ? double.NegativeInfinity : above > 0 && below <= 0 ? double.PositiveInfinity : double.NaN;
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

        /// <summary>The mean of each lane; ratios of the strata, and share / weight by which a residual counts.</summary>
        public Vector256<double> Means(ReadOnlySpan<byte> counts, int lane, int[] sizes, Span<Vector256<double>> ratios, Span<Vector256<double>> scales)
        {
            Vector256<double> mean = default;
            var from = 0;
            for (var s = 0; s < sizes.Length; s++)
            {
                (ratios[s], scales[s]) = (default, default);
                // A stratum without weight takes no part, and must not make the mean NaN.
                if (_shares[s] != 0)
                {
                    Vector256<double> total = default, weight = default;
                    for (var k = from; k < from + sizes[s]; k++)
                    {
                        var count = Resamples.Four(counts, k * Resamples.Lanes + lane);
                        total += count * Vector256.Create(_totals[k]);
                        weight += count * Vector256.Create(_weights[k]);
                    }

                    var share = Vector256.Create(_shares[s]);
                    (ratios[s], scales[s]) = (total / weight, share / weight);
                    mean += share * ratios[s];
                }

                from += sizes[s];
            }

            return sizes.Length == 0 ? Vector256.Create(double.NaN) : mean;
        }

        public Vector256<double> Residual(int cluster, Vector256<double> ratio) =>
            Vector256.Create(_totals[cluster]) - ratio * Vector256.Create(_weights[cluster]);

        public Vector256<double> Distance(int stratum, Vector256<double> ratio, Vector256<double> mean) => Vector256.Create(_shares[stratum]) * (ratio - mean);
    }
}
