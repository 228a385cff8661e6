using System.Collections.Immutable;
using System.Numerics.Tensors;
using Assay.Directions.Capture;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>Activations of both sides at one place, row by row. Row i of the targets and row i of the baselines are a pair, real or not.</summary>
public sealed class ContrastRows
{
    private readonly Pool _pool;
    private readonly int[] _targets, _baselines;

    /// <summary>Takes rows.</summary>
    /// <param name="targets">(n, d).</param>
    /// <param name="baselines">(m, d).</param>
    /// <param name="width">d.</param>
    /// <param name="pairsAreReal">Whether row i of either side are two forms of one prompt, for every row.</param>
    public ContrastRows(ReadOnlySpan<double> targets, ReadOnlySpan<double> baselines, int width, bool pairsAreReal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfLessThan(targets.Length, width);
        ArgumentOutOfRangeException.ThrowIfLessThan(baselines.Length, width);
        if (targets.Length % width != 0 || baselines.Length % width != 0) throw new ArgumentException($"{targets.Length} and {baselines.Length} elements are not whole rows of {width}.", nameof(width));
        _pool = new Pool([.. targets, .. baselines], width);
        _targets = [.. Enumerable.Range(0, targets.Length / width)];
        _baselines = [.. Enumerable.Range(_targets.Length, baselines.Length / width)];
        PairsAreReal = pairsAreReal && _targets.Length == _baselines.Length;
    }

    private ContrastRows(Pool pool, int[] targets, int[] baselines)
    {
        _pool = pool;
        _targets = targets;
        _baselines = baselines;
    }

    /// <summary>d.</summary>
    public int Width => _pool.Width;

    /// <summary>n.</summary>
    public int Targets => _targets.Length;

    /// <summary>m.</summary>
    public int Baselines => _baselines.Length;

    /// <summary>Pairs: the smaller of the two counts.</summary>
    public int Pairs => Math.Min(Targets, Baselines);

    /// <summary>Whether the pairs are two forms of one prompt. Estimators over pairs say so where they are not.</summary>
    public bool PairsAreReal { get; }

    /// <summary>The activations of a contrast set at one place, whose rows were kept, real pairs beside each other where every item has one.</summary>
    public static ContrastRows Of(ContrastActivations activations, ActivationPlace place)
    {
        ArgumentNullException.ThrowIfNull(activations);
        var (set, width) = (activations.Set, activations.Targets.Width);
        var targets = activations.Targets.Rows(place).Span;
        var baselines = activations.Baselines.Rows(place).Span;
        if (!set.IsPaired) return new ContrastRows(Widened(targets, width, null), Widened(baselines, width, null), width, false);
        var pairs = set.PairIndices();
        return new ContrastRows(Widened(targets, width, [.. pairs.Select(p => p.Target)]), Widened(baselines, width, [.. pairs.Select(p => p.Baseline)]), width, true);
    }

    /// <summary>Means and covariances.</summary>
    /// <param name="covariance">Whether covariances too.</param>
    public ContrastMoments Moments(bool covariance) => new(MomentsOf(_targets, covariance), MomentsOf(_baselines, covariance));

    /// <summary>(d): a target's activations.</summary>
    public ReadOnlySpan<double> Target(int i) => _pool.Row(_targets[i]);

    /// <summary>(d): a baseline's activations.</summary>
    public ReadOnlySpan<double> Baseline(int i) => _pool.Row(_baselines[i]);

    /// <summary>The same samples with other labels and pairs.</summary>
    /// <param name="order">Samples, targets before baselines: the first n become targets.</param>
    internal ContrastRows Relabelled(ReadOnlySpan<int> order)
    {
        var all = (ReadOnlySpan<int>)[.. _targets, .. _baselines];
        var (targets, baselines) = (new int[Targets], new int[Baselines]);
        for (var i = 0; i < order.Length; i++)
        {
            if (i < targets.Length) targets[i] = all[order[i]];
            else baselines[i - targets.Length] = all[order[i]];
        }

        return new ContrastRows(_pool, targets, baselines);
    }

    /// <summary>These rows' labels and pairs upon another place's activations of the same samples.</summary>
    internal ContrastRows At(ContrastRows other) => new(other._pool, _targets, _baselines);

    /// <summary>(2n, 2n) of all samples: their dot products, computed once whatever the labels.</summary>
    internal double[] Gram() => _pool.Gram.Value;

    /// <summary>The samples in coordinates of their own span about their mean; computed once whatever the labels. Fewer coordinates than dimensions only where there are fewer samples.</summary>
    internal ContrastRows InSpan() => new(_pool.Span.Value.Pool, _targets, _baselines);

    /// <summary>A vector in coordinates of <see cref="InSpan"/> as one of this space, (d).</summary>
    internal double[] FromSpan(ReadOnlySpan<double> coordinates)
    {
        var (basis, vector) = (_pool.Span.Value.Basis, new double[Width]);
        for (var k = 0; k < coordinates.Length; k++) TensorPrimitives.FusedMultiplyAdd(basis.AsSpan(k * Width, Width), coordinates[k], vector, vector);
        return vector;
    }

    /// <summary>Whether the samples are fewer than the dimensions, so that their span is the smaller space.</summary>
    internal bool SpanIsSmaller => Width > _pool.Rows;

    /// <summary>Sample numbers of the pair's two sides in <see cref="Gram"/>.</summary>
    internal (int Target, int Baseline) PairAt(int i) => (_targets[i], _baselines[i]);

    /// <summary>Number of samples in <see cref="Gram"/>.</summary>
    internal int Samples => _pool.Rows;

    private ActivationMoments MomentsOf(int[] rows, bool covariance)
    {
        var sums = new MomentAccumulator(Width, covariance);
        foreach (var row in rows) sums.Add(_pool.Row(row));
        return sums.Result();
    }

    private static double[] Widened(ReadOnlySpan<float> rows, int width, ImmutableArray<int>? order)
    {
        var count = rows.Length / width;
        var wide = new double[rows.Length];
        for (var i = 0; i < count; i++) TensorPrimitives.ConvertTruncating(rows.Slice((order?[i] ?? i) * width, width), wide.AsSpan(i * width, width));
        return wide;
    }

    private sealed class Pool
    {
        private readonly double[] _rows; // (samples, d).

        public Pool(double[] rows, int width)
        {
            _rows = rows;
            Width = width;
            Gram = new Lazy<double[]>(Products);
            Span = new Lazy<(Pool, double[])>(Reduce);
        }

        public int Width { get; }

        public int Rows => _rows.Length / Width;

        public Lazy<double[]> Gram { get; }

        /// <summary>Coordinates (samples, r), and the orthonormal basis (r, d) that they are of.</summary>
        public Lazy<(Pool Pool, double[] Basis)> Span { get; }

        public ReadOnlySpan<double> Row(int i) => _rows.AsSpan(i * Width, Width);

        // Of the centred products X Xᵀ = U Λ Uᵀ the coordinates are U √Λ, and the basis is Λ^(−½) Uᵀ X. The rows are centred, not their products: a mean far from 0 would take the digits.
        private (Pool Pool, double[] Basis) Reduce()
        {
            var n = Rows;
            var mean = new double[Width];
            for (var i = 0; i < n; i++) TensorPrimitives.Add(mean, Row(i), mean);
            TensorPrimitives.Divide(mean, n, mean);
            var centred = new Pool((double[])_rows.Clone(), Width);
            for (var i = 0; i < n; i++) TensorPrimitives.Subtract(Row(i), mean, centred._rows.AsSpan(i * Width, Width));
            var (values, vectors) = SymmetricEigen.Decompose(centred.Products(), n);
            var rank = Math.Max(1, values.Count(v => v > 1e-12 * values[0]));
            var (coordinates, basis) = (new double[n * rank], new double[rank * Width]);
            for (var k = 0; k < rank; k++)
            {
                var axis = basis.AsSpan(k * Width, Width);
                for (var i = 0; i < n; i++)
                {
                    coordinates[i * rank + k] = vectors[k * n + i] * Math.Sqrt(Math.Max(0, values[k]));
                    TensorPrimitives.FusedMultiplyAdd(centred.Row(i), vectors[k * n + i], axis, axis);
                }

                if (values[k] > 0) TensorPrimitives.Divide(axis, Math.Sqrt(values[k]), axis);
            }

            return (new Pool(coordinates, rank), basis);
        }

        private double[] Products()
        {
            var products = new double[checked(Rows * Rows)];
            for (var i = 0; i < Rows; i++)
                for (var j = i; j < Rows; j++)
                    products[i * Rows + j] = products[j * Rows + i] = DoubleVectors.Dot(Row(i), Row(j));
            return products;
        }
    }
}
