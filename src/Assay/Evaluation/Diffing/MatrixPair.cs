using System.Runtime.CompilerServices;
using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;

namespace Assay.Evaluation.Diffing;

/// <summary>Two tensors of the same shape, or the same slice of two, seen as matrices; read by tiles from the mapped files.</summary>
/// <param name="original">The base's tensor.</param>
/// <param name="changed">The candidate's.</param>
/// <param name="offset">First element of the slice.</param>
/// <param name="rows">Rows; 1 for a vector.</param>
/// <param name="columns">Columns.</param>
internal sealed class MatrixPair(Tensor original, Tensor changed, long offset, int rows, int columns)
{
    public int Rows => rows;

    public int Columns => columns;

    /// <summary>The grid that the candidate's values were rounded to.</summary>
    public FloatFormat Grid { get; } = FloatFormat.GridOf(changed.DType);

    /// <summary>The grid of the base's values.</summary>
    public FloatFormat BaseGrid { get; } = FloatFormat.GridOf(original.DType);

    /// <summary>Part of a row of the base.</summary>
    public void ReadBase(int row, int column, Span<double> destination) => Read(original, row, column, destination);

    /// <summary>Part of a row of the candidate.</summary>
    public void ReadCandidate(int row, int column, Span<double> destination) => Read(changed, row, column, destination);

    /// <summary>Candidate less base.</summary>
    public IMatrixSource Difference => new Combination(this, 1, -1);

    /// <summary>The base.</summary>
    public IMatrixSource Base => new Combination(this, 0, 1);

    /// <summary>The candidate.</summary>
    public IMatrixSource Candidate => new Combination(this, 1, 0);

    [SkipLocalsInit]
    private void Read(Tensor tensor, int row, int column, Span<double> destination)
    {
        var at = offset + (long)row * columns + column;
        if (FloatFormat.GridOf(tensor.DType).Precision > FloatFormat.Single.Precision)
        {
            tensor.ReadDouble(at, destination);
            return;
        }

        Span<float> block = stackalloc float[256];
        for (var i = 0; i < destination.Length; i += block.Length)
        {
            var part = block[..Math.Min(block.Length, destination.Length - i)];
            tensor.Read(at + i, part);
            System.Numerics.Tensors.TensorPrimitives.ConvertChecked<float, double>(part, destination[i..]);
        }
    }

    private sealed class Combination(MatrixPair pair, int ofCandidate, int ofBase) : IMatrixSource
    {
        public int Rows => pair.Rows;

        public int Columns => pair.Columns;

        [SkipLocalsInit]
        public void Read(int row, int column, Span<double> destination)
        {
            if (ofCandidate == 0)
            {
                pair.ReadBase(row, column, destination);
                return;
            }

            pair.ReadCandidate(row, column, destination);
            if (ofBase == 0) return;
            Span<double> other = stackalloc double[256];
            for (var i = 0; i < destination.Length; i += other.Length)
            {
                var part = destination.Slice(i, Math.Min(other.Length, destination.Length - i));
                pair.ReadBase(row, column + i, other[..part.Length]);
                System.Numerics.Tensors.TensorPrimitives.Subtract<double>(part, other[..part.Length], part);
            }
        }
    }
}
