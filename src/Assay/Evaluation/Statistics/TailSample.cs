using System.Buffers;

namespace Assay.Evaluation.Statistics;

/// <summary>The tail statistics of a resample of items.</summary>
/// <remarks>protocol.md, M4. Safe for several threads at once.</remarks>
internal sealed class TailSample
{
    /// <summary>The quantiles, CVaR.99 over values, CVaR.90 over item means, the 5 % trimmed item mean.</summary>
    public static int Count => TailEstimates.Probabilities.Length + 3;

    private readonly SortedValues _values;
    private readonly double[] _means;
    private readonly int[] _positions;

    /// <param name="values">Values of item after item.</param>
    /// <param name="lengths">How many values each item has.</param>
    public TailSample(ReadOnlySpan<double> values, ReadOnlySpan<int> lengths)
    {
        _values = new SortedValues(values, lengths);
        (_means, _positions) = (new double[lengths.Length], [.. Enumerable.Range(0, lengths.Length)]);
        var from = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            _means[i] = FixedOrderSum.Mean(values.Slice(from, lengths[i]));
            from += lengths[i];
        }

        Array.Sort(_means, _positions);
    }

    /// <summary>Fills the statistics from how often each item was drawn.</summary>
    public void Compute(ReadOnlySpan<int> counts, Span<double> into)
    {
        if (counts.IsEmpty)
        {
            into.Fill(double.NaN);
            return;
        }

        var length = _values.Length(counts);
        var probabilities = TailEstimates.Probabilities;
        for (var k = 0; k < probabilities.Length; k++) into[k] = _values.Quantile(counts, length, probabilities[k]);
        var (tail, items) = (OrderStatistics.TailCount(length, .99m), 0);
        foreach (var count in counts) items += count;
        var buffer = ArrayPool<double>.Shared.Rent(Math.Max(tail, items) + SortedValues.Spare);
        _values.Largest(counts, length, tail, buffer);
        into[^3] = FixedOrderSum.Mean(buffer.AsSpan(0, tail));
        SortedValues.Expand(_means, _positions, counts, buffer);
        into[^2] = OrderStatistics.TailMean(buffer.AsSpan(0, items), .90m);
        into[^1] = OrderStatistics.TrimmedMean(buffer.AsSpan(0, items), .05m);
        ArrayPool<double>.Shared.Return(buffer);
    }
}
