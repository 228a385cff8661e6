using System.Collections.Immutable;
using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;
using Tensor = Assay.Checkpoints.Tensor;

namespace Assay.Directions.Edits;

/// <summary>A tensor as an edit promises it, in float64, computed row by row while it is read: memory is a row and, where the residual stream runs down the rows, k rows.</summary>
/// <remarks>Not for several threads. The same bits whatever the pieces. Where norms are kept, a column of (out, in) of which the edit leaves no more than rounding to the stored type
/// may have put there stays as it is projected (<see cref="LeastKept"/>): scaled to its old norm it would be noise of full size.</remarks>
internal sealed class EditedTensor
{
    private readonly long _rowsPerMatrix;
    private readonly int _width;
    private readonly float[] _single; // (columns): a row as it is stored.
    private readonly double[] _row; // (columns).
    private long _heldRow = -1, _heldMatrix = -1;
    private double[] _products = []; // (k, columns): RᵀW of the matrix that is held.
    private double[]? _remainders; // (k, columns): Rᵀ of what rounding leaves after the removal; null where nothing is scaled.
    private double[]? _factors; // (columns): what gives each its norm back; null where none is kept.

    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="source">Values before the edit.</param>
    /// <param name="dtype">What the file stores.</param>
    /// <param name="change">The edit; null where only an adapter's update is merged.</param>
    public EditedTensor(string name, Tensor source, DType dtype, TensorChange? change)
    {
        (Name, Source, DType, Change) = (name, source, dtype, change);
        var shape = source.Shape;
        _width = shape.Length == 0 ? 1 : checked((int)shape[^1]);
        _rowsPerMatrix = shape.Length < 2 ? 1 : shape[^2];
        (_single, _row) = (new float[_width], new double[_width]);
    }

    /// <summary>Name in the checkpoint.</summary>
    public string Name { get; }

    /// <summary>Values before the edit.</summary>
    public Tensor Source { get; }

    /// <summary>What the file stores.</summary>
    public DType DType { get; }

    /// <summary>The edit; null where only an adapter's update is merged.</summary>
    public TensorChange? Change { get; }

    /// <summary>Columns of (out, in) read so far that do not keep their norm, since only rounding is left of them.</summary>
    public long NotRescaled { get; private set; }

    /// <summary>The part of its norm that must be left of a column for that norm to be given back to it: more than rounding to the stored type explains, and more than a direction held in float32 does.</summary>
    public double LeastKept => Math.Max(1e-6, StoredValues.Tolerance(DType));

    /// <summary>Elements from this one on, in C order.</summary>
    public void Read(long start, Span<double> destination)
    {
        while (!destination.IsEmpty)
        {
            var (row, column) = Math.DivRem(start, _width);
            if (row != _heldRow) Prepare(row);
            var part = destination[..(int)Math.Min(destination.Length, _width - column)];
            _row.AsSpan((int)column, part.Length).CopyTo(part);
            start += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>The same as bytes of the file.</summary>
    public void ReadBytes(long offset, Span<byte> bytes)
    {
        var size = DType.Bits() / 8;
        Span<double> values = stackalloc double[512];
        for (var start = offset / size; !bytes.IsEmpty; start += values.Length)
        {
            var part = values[..Math.Min(values.Length, bytes.Length / size)];
            Read(start, part);
            StoredValues.Write(DType, part, bytes[..(part.Length * size)]);
            bytes = bytes[(part.Length * size)..];
        }
    }

    /// <summary>For a writer of files.</summary>
    /// <param name="shape">Its shape there.</param>
    public TensorToWrite ToWrite(ImmutableArray<long> shape) => new(Name, DType, shape, ReadBytes);

    /// <summary>RᵀX of a matrix whose rows run along the residual stream, (k, columns), all of it read once.</summary>
    public static double[] Products(Tensor tensor, long matrix, int rows, int width, double[] right, float[] single, double[] row)
    {
        var count = right.Length / rows;
        var products = new double[checked(count * width)];
        for (var i = 0; i < rows; i++)
        {
            ReadRow(tensor, matrix * rows + i, single, row);
            for (var k = 0; k < count; k++) DoubleVectors.AddScaled(right[k * rows + i], row, products.AsSpan(k * width, width));
        }
        return products;
    }

    /// <summary>One row as float64.</summary>
    public static void ReadRow(Tensor tensor, long index, float[] single, double[] row)
    {
        if (tensor.DType == DType.F64)
        {
            tensor.ReadDouble(index * row.Length, row);
            return;
        }
        tensor.Read(index * row.Length, single);
        TensorPrimitives.ConvertTruncating<float, double>(single, row);
    }

    private void Prepare(long index)
    {
        _heldRow = index;
        if (Change is not { } change)
        {
            ReadRow(Source, index, _single, _row);
            return;
        }
        if (change.Axis == ResidualAxis.Rows)
        {
            var (matrix, i) = Math.DivRem(index, _rowsPerMatrix);
            if (matrix != _heldMatrix) PrepareMatrix(change, matrix);
            ReadRow(Source, index, _single, _row);
            Subtract(change.Map, (int)i, _products, _row);
            if (_remainders is not null) Subtract(change.Map, (int)i, _remainders, _row);
            if (_factors is not null) TensorPrimitives.Multiply(_row, _factors, _row);
            return;
        }
        ReadRow(Source, index, _single, _row);
        if (change.Map is { } map)
        {
            var before = change.PreserveNorms ? DoubleVectors.Norm(_row) : 0;
            SubtractAlong(map);
            if (change.PreserveNorms)
            {
                // What rounding left along the direction must not grow with the row.
                if (map.RemovesAll) SubtractAlong(map);
                TensorPrimitives.Multiply(_row, Factor(before, DoubleVectors.Norm(_row)), _row);
            }
        }
        if (change.Added?.Value is { } added) DoubleVectors.AddScaled(1, added.AsSpan((int)(index * _width % added.Length), _width), _row);
    }

    private void PrepareMatrix(TensorChange change, long matrix)
    {
        _heldMatrix = matrix;
        var rows = (int)_rowsPerMatrix;
        _products = Products(Source, matrix, rows, _width, change.Map!.Right, _single, _row);
        (_factors, _remainders) = (null, null);
        if (!change.PreserveNorms) return;
        double[] before = new double[_width], after = new double[_width], left = new double[_products.Length];
        for (var i = 0; i < rows; i++)
        {
            ReadRow(Source, matrix * rows + i, _single, _row);
            TensorPrimitives.FusedMultiplyAdd(_row, _row, before, before);
            Subtract(change.Map, i, _products, _row);
            TensorPrimitives.FusedMultiplyAdd(_row, _row, after, after);
            for (var k = 0; k < change.Map.Rank; k++) DoubleVectors.AddScaled(change.Map.Right[k * rows + i], _row, left.AsSpan(k * _width, _width));
        }
        // What rounding left along the direction must not grow with the column. It is too small to be added to the products.
        if (change.Map.RemovesAll) _remainders = left;
        for (var j = 0; j < _width; j++) after[j] = Factor(Math.Sqrt(before[j]), Math.Sqrt(after[j]));
        _factors = after;
    }

    /// <summary>What gives a column its norm back.</summary>
    private double Factor(double before, double after)
    {
        if (after > LeastKept * before) return before / after;
        if (before > 0) NotRescaled++;
        return 1;
    }

    /// <summary>x ← x − L(Rᵀx) of the row that is held.</summary>
    private void SubtractAlong(ResidualMap map)
    {
        Span<double> parts = map.Rank <= 64 ? stackalloc double[map.Rank] : new double[map.Rank];
        for (var k = 0; k < map.Rank; k++) parts[k] = DoubleVectors.Dot(map.Right.AsSpan(k * _width, _width), _row);
        for (var k = 0; k < map.Rank; k++) DoubleVectors.AddScaled(-parts[k], map.Left.AsSpan(k * _width, _width), _row);
    }

    private void Subtract(ResidualMap? map, int i, double[] products, Span<double> row)
    {
        if (map is null) return;
        for (var k = 0; k < map.Rank; k++) DoubleVectors.AddScaled(-map.Left[k * map.Width + i], products.AsSpan(k * _width, _width), row);
    }
}
