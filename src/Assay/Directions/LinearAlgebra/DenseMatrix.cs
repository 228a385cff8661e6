namespace Assay.Directions.LinearAlgebra;

/// <summary>A matrix in memory, (rows, stride), of which the first columns count.</summary>
internal sealed class DenseMatrix(double[] values, int rows, int columns, int stride) : IMatrixSource
{
    public int Rows => rows;

    public int Columns => columns;

    public void Read(int row, int column, Span<double> destination) => values.AsSpan(row * stride + column, destination.Length).CopyTo(destination);
}
