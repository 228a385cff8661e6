using System.Buffers;
using System.Runtime.CompilerServices;
using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Two tensors of the same shape, or the same slice of two, seen as matrices; read by tiles from the mapped files.</summary>
/// <param name="original">The base's tensor.</param>
/// <param name="changed">The candidate's.</param>
/// <param name="offset">First element of the slice.</param>
/// <param name="rows">Rows; 1 for a vector.</param>
/// <param name="columns">Columns.</param>
/// <param name="moves">Where the candidate's rows and columns stand in the base, which is read in that order; null for as it is.</param>
/// <param name="masked">Whether elements that are not finite in either are read as equal.</param>
internal sealed class MatrixPair(Tensor original, Tensor changed, long offset, int rows, int columns, Rearrangement? moves = null, bool masked = false)
{
    // Elements of one read: 8 KiB on the stack. More runs of columns than this are read as one stretch.
    private const int ReadTogether = 2048, FewRuns = 4;

    /// <summary>Whether it is part of larger tensors.</summary>
    public bool IsSlice => offset != 0 || (long)rows * columns != original.Count;

    /// <summary>The same with the base in the candidate's order.</summary>
    public MatrixPair With(Rearrangement order) => new(original, changed, offset, rows, columns, order, masked);

    /// <summary>The same with what is not finite left out.</summary>
    public MatrixPair Masked() => new(original, changed, offset, rows, columns, moves, true);

    /// <summary>Pieces of the base's lines, whatever the order.</summary>
    public LineProbe ProbeBase(bool ofColumns, int[] lines, int first, int count) => LineProbe.Of(original, columns, ofColumns, lines, first, count);

    /// <summary>Pieces of the candidate's lines.</summary>
    public LineProbe ProbeCandidate(bool ofColumns, int[] lines, int first, int count) => LineProbe.Of(changed, columns, ofColumns, lines, first, count);

    /// <summary>How many values of each row or column are equal.</summary>
    public int[] EqualValues(bool ofColumns, WorkTeam team, CancellationToken cancellation)
    {
        var equal = new int[ofColumns ? columns : rows];
        const int Stretch = 256;
        var size = Math.Max(1, (1 << 16) / columns);
        team.Run((rows + size - 1) / size, (task, _) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var (a, b, counts) = (new double[Stretch], new double[Stretch], new int[ofColumns ? columns : 0]);
            for (var row = task * size; row < Math.Min(rows, (task + 1) * size); row++)
            {
                for (var at = 0; at < columns; at += Stretch)
                {
                    var x = a.AsSpan(0, Math.Min(Stretch, columns - at));
                    var y = b.AsSpan(0, x.Length);
                    ReadBase(row, at, x);
                    ReadCandidate(row, at, y);
                    for (var i = 0; i < x.Length; i++)
                    {
                        if (x[i] != y[i] && !(double.IsNaN(x[i]) && double.IsNaN(y[i]))) continue;
                        if (ofColumns) counts[at + i]++;
                        else equal[row]++;
                    }
                }
            }

            for (var c = 0; c < counts.Length; c++) if (counts[c] > 0) Interlocked.Add(ref equal[c], counts[c]);
        });
        return equal;
    }

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>The grid that the candidate's values were rounded to.</summary>
    public FloatFormat Grid { get; } = FloatFormat.GridOf(changed.DType);

    /// <summary>The grid of the base's values.</summary>
    public FloatFormat BaseGrid { get; } = FloatFormat.GridOf(original.DType);

    /// <summary>Part of a row of the base.</summary>
    [SkipLocalsInit]
    public void ReadBase(int row, int column, Span<double> destination)
    {
        ReadOriginal(row, column, destination);
        if (!masked) return;
        Span<double> other = stackalloc double[256];
        for (var i = 0; i < destination.Length; i += other.Length)
        {
            var part = destination.Slice(i, Math.Min(other.Length, destination.Length - i));
            Read(changed, row, column + i, other[..part.Length]);
            for (var k = 0; k < part.Length; k++)
                if (!double.IsFinite(part[k]) || !double.IsFinite(other[k])) part[k] = double.IsFinite(part[k]) ? part[k] : double.IsFinite(other[k]) ? other[k]
                    : 0;
        }
    }

    /// <summary>Part of a row of the candidate.</summary>
    [SkipLocalsInit]
    public void ReadCandidate(int row, int column, Span<double> destination)
    {
        Read(changed, row, column, destination);
        if (!masked) return;
        Span<double> other = stackalloc double[256];
        for (var i = 0; i < destination.Length; i += other.Length)
        {
            var part = destination.Slice(i, Math.Min(other.Length, destination.Length - i));
            ReadOriginal(row, column + i, other[..part.Length]);
            for (var k = 0; k < part.Length; k++)
                if (!double.IsFinite(part[k]) || !double.IsFinite(other[k])) part[k] = double.IsFinite(other[k]) ? other[k] : double.IsFinite(part[k]) ? part[k]
                    : 0;
        }
    }

    /// <summary>Candidate less base.</summary>
    public IMatrixSource Difference => new Combination(this, 1, -1);

    /// <summary>The base.</summary>
    public IMatrixSource Base => new Combination(this, 0, 1);

    /// <summary>The candidate.</summary>
    public IMatrixSource Candidate => new Combination(this, 1, 0);

    private void ReadOriginal(int row, int column, Span<double> destination)
    {
        var from = moves?.Rows is { } order ? order[row] : row;
        if (moves?.Columns is not { } map)
        {
            Read(original, from, column, destination);
            return;
        }

        var places = map.AsSpan(column, destination.Length);
        var (runs, least, most) = (0, int.MaxValue, 0);
        for (var i = 0; i < places.Length; i++)
        {
            if (i == 0 || places[i] != places[i - 1] + 1) runs++;
            (least, most) = (Math.Min(least, places[i]), Math.Max(most, places[i]));
        }

        if (runs > FewRuns)
        {
            // A read of the whole stretch that they come from is cheaper than one of each.
            var stretch = ArrayPool<double>.Shared.Rent(most - least + 1);
            Read(original, from, least, stretch.AsSpan(0, most - least + 1));
            for (var i = 0; i < places.Length; i++) destination[i] = stretch[places[i] - least];
            ArrayPool<double>.Shared.Return(stretch);
            return;
        }

        for (var i = 0; i < places.Length;)
        {
            var first = i++;
            while (i < places.Length && places[i] == places[i - 1] + 1) i++;
            Read(original, from, places[first], destination[first..i]);
        }
    }

    [SkipLocalsInit]
    private void Read(Tensor tensor, int row, int column, Span<double> destination)
    {
        var at = offset + (long)row * columns + column;
        if (FloatFormat.GridOf(tensor.DType).Precision > FloatFormat.Single.Precision)
        {
            tensor.ReadDouble(at, destination);
            return;
        }

        Span<float> block = stackalloc float[ReadTogether];
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
