using System.Numerics.Tensors;

namespace Assay.Directions.Capture;

/// <summary>Sums up mean and covariance of rows as they come, in float64.</summary>
/// <remarks>Shifted by the first row, so that a mean far from 0 takes no digits from the covariance: Chan, Golub and LeVeque, "Algorithms for computing the sample
/// variance", 1983. Each element is one sum in the order of the rows, whatever the batches.</remarks>
internal sealed class MomentAccumulator(int width, bool covariance)
{
    private const int Pending = 16; // Rows that wait until the matrix is walked through once for all of them.
    private readonly double[] _shift = new double[width];
    private readonly double[] _sum = new double[width];
    private readonly double[] _waiting = covariance ? new double[Pending * width] : new double[width];
    private readonly double[]? _products = covariance ? new double[checked(width * width)] : null;
    private int _count, _pending;

    /// <summary>Adds one row, (d).</summary>
    public void Add(ReadOnlySpan<float> row)
    {
        var to = _waiting.AsSpan(_pending * width, width);
        TensorPrimitives.ConvertTruncating<float, double>(row, to);
        AddWaiting(to);
    }

    /// <summary>Adds one row, (d).</summary>
    public void Add(ReadOnlySpan<double> row)
    {
        var to = _waiting.AsSpan(_pending * width, width);
        row.CopyTo(to);
        AddWaiting(to);
    }

    /// <summary>The moments of the rows so far.</summary>
    public ActivationMoments Result()
    {
        Flush();
        var mean = new double[width];
        for (var j = 0; j < width; j++) mean[j] = _shift[j] + _sum[j] / _count;
        if (_products is null) return new ActivationMoments(_count, mean, null);
        var result = new double[width * width];
        for (var i = 0; i < width; i++)
            for (var j = i; j < width; j++)
                result[i * width + j] = result[j * width + i] = (_products[i * width + j] - _sum[i] * _sum[j] / _count) / (_count - 1);
        return new ActivationMoments(_count, mean, result);
    }

    private void AddWaiting(Span<double> row)
    {
        if (_count == 0) row.CopyTo(_shift);
        TensorPrimitives.Subtract(row, _shift, row);
        TensorPrimitives.Add(_sum, row, _sum);
        _count++;
        if (_products is not null && ++_pending == Pending) Flush();
    }

    private void Flush()
    {
        if (_products is null) return;
        for (var i = 0; i < width; i++)
        {
            var to = _products.AsSpan(i * width + i, width - i);
            for (var p = 0; p < _pending; p++) TensorPrimitives.FusedMultiplyAdd(_waiting.AsSpan(p * width + i, width - i), _waiting[p * width + i], to, to);
        }

        _pending = 0;
    }
}
