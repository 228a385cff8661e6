using System.Runtime.Intrinsics;

namespace Assay.Evaluation.Statistics;

/// <summary>Stratified means of clusters with their linearised standard errors, for a block of resamples at a time.</summary>
/// <remarks>Each lane adds in the order of <see cref="ClusterBootstrap"/>, whose bits it therefore has.</remarks>
internal sealed class RatioMeans
{
    private readonly double[] _totals, _weights, _shares;
    private readonly int[] _sizes;

    /// <param name="totals">Finite totals, by cluster.</param>
    /// <param name="weights">Finite weights, by cluster.</param>
    /// <param name="strata">Which clusters are drawn together.</param>
    public RatioMeans(double[] totals, double[] weights, Strata strata)
    {
        _totals = [.. strata.Members.SelectMany(m => m.Select(i => totals[i]))];
        _weights = [.. strata.Members.SelectMany(m => m.Select(i => weights[i]))];
        (_sizes, _shares) = (strata.Sizes, strata.Shares);
    }

    /// <summary>Mean and standard error of each lane of a block.</summary>
    /// <param name="counts">How often each cluster was drawn (cluster, lane).</param>
    /// <param name="means">One for each lane.</param>
    /// <param name="errors">One for each lane.</param>
    public void Compute(ReadOnlySpan<byte> counts, Span<double> means, Span<double> errors)
    {
        Half(counts, 0, means, errors);
        Half(counts, 4, means[4..], errors[4..]);
    }

    private void Half(ReadOnlySpan<byte> counts, int lane, Span<double> means, Span<double> errors)
    {
        Vector256<double> mean = default, variance = default, lone = default;
        var from = 0;
        var alone = false;
        for (var s = 0; s < _sizes.Length; s++)
        {
            var size = _sizes[s];
            ReadOnlySpan<double> totals = _totals.AsSpan(from, size), weights = _weights.AsSpan(from, size);
            var drawn = counts.Slice(from * Resamples.Lanes, size * Resamples.Lanes);
            Vector256<double> total = default, weight = default, squares = default;
            for (var k = 0; k < size; k++)
            {
                var count = Resamples.Four(drawn, k * Resamples.Lanes + lane);
                total += count * Vector256.Create(totals[k]);
                weight += count * Vector256.Create(weights[k]);
            }

            var ratio = total / weight;
            for (var k = 0; k < size; k++)
            {
                var residual = Vector256.Create(totals[k]) - ratio * Vector256.Create(weights[k]);
                squares += Resamples.Four(drawn, k * Resamples.Lanes + lane) * residual * residual;
            }

            var share = Vector256.Create(_shares[s]);
            mean += share * ratio;
            if (size > 1) variance += share * share * squares * Vector256.Create((double)size) / Vector256.Create((double)(size - 1)) / (weight * weight);
            else (lone, alone) = (ratio, true);
            from += size;
        }

        var last = Vector256.Create(_shares[^1]);
        if (alone && _sizes.Length > 1) variance += last * last * (lone - mean) * (lone - mean);
        mean.CopyTo(means);
        Vector256.Sqrt(variance).CopyTo(errors);
    }
}
