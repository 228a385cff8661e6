namespace Assay.Directions.LinearAlgebra;

/// <summary>A matrix that is read by tiles, so that it never has to be in memory as a whole. Safe to read from many threads.</summary>
internal interface IMatrixSource
{
    /// <summary>Rows.</summary>
    int Rows { get; }

    /// <summary>Columns.</summary>
    int Columns { get; }

    /// <summary>Reads part of one row.</summary>
    /// <param name="row">Row.</param>
    /// <param name="column">First column.</param>
    /// <param name="destination">Filled.</param>
    void Read(int row, int column, Span<double> destination);
}
