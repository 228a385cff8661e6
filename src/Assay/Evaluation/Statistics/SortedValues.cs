using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Assay.Evaluation.Statistics;

/// <summary>The values of many items in ascending order, from which the order statistics of a resample of items are read without writing the resample
/// out.</summary>
/// <remarks>At the end of each block of values stands how many values each item has up to there, so that a rank's block is found by a few products of counts.
/// Immutable.</remarks>
internal sealed class SortedValues
{
    /// <summary>Bounds the table of counts to 4 MiB.</summary>
    private const int TableLength = 1 << 20;

    /// <summary>How many values beyond its end a buffer must have room for.</summary>
    public const int Spare = 4;

    private readonly double[] _values;
    private readonly int[] _owners, _lengths, _table;
    private readonly int _blockLength, _blocks;

    /// <param name="values">Values of item after item.</param>
    /// <param name="lengths">How many values each item has.</param>
    public SortedValues(ReadOnlySpan<double> values, ReadOnlySpan<int> lengths)
    {
        _values = values.ToArray();
        _lengths = lengths.ToArray();
        _owners = new int[values.Length];
        var at = 0;
        long most = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengths[i], nameof(lengths));
            _owners.AsSpan(at, lengths[i]).Fill(i);
            at = checked(at + lengths[i]);
            most = Math.Max(most, lengths[i]);
        }

        if (at != values.Length) throw new ArgumentException($"{values.Length} values are given, and the items have {at}.", nameof(values));
        // A resample of nothing but the longest item must still be countable.
        if (most * lengths.Length > int.MaxValue)
        {
            throw new ArgumentException(
                $"{lengths.Length} items of up to {most} values: a resample may have more than {int.MaxValue} values. Split the set.", nameof(lengths));
        }

        Array.Sort(_values, _owners);
        _blockLength = Math.Max(256, (int)((long)values.Length * lengths.Length / TableLength) + 1);
        _blocks = values.Length / _blockLength;
        _table = new int[_blocks * lengths.Length];
        var until = new int[lengths.Length];
        for (var block = 0; block < _blocks; block++)
        {
            for (var k = 0; k < _blockLength; k++) until[_owners[block * _blockLength + k]]++;
            until.CopyTo(_table, block * until.Length);
        }
    }

    /// <summary>How many values a resample has.</summary>
    /// <param name="counts">How often each item was drawn.</param>
    public int Length(ReadOnlySpan<int> counts) => Product(counts, _lengths);

    /// <summary>Where the value of a rank stands.</summary>
    /// <param name="counts">How often each item was drawn.</param>
    /// <param name="rank">0 for the smallest value of the resample, below its <see cref="Length"/>.</param>
    /// <param name="copiesBefore">How many of the resample's values stand before that place.</param>
    public int Find(ReadOnlySpan<int> counts, int rank, out int copiesBefore)
    {
        int low = 0, high = _blocks, before = 0;
        // Blocks before low end at or before the rank; blocks from high on end beyond it.
        while (low < high)
        {
            var middle = (low + high) / 2;
            var until = Product(counts, _table.AsSpan(middle * counts.Length, counts.Length));
            if (until <= rank) (low, before) = (middle + 1, until);
            else high = middle;
        }

        var at = low * _blockLength;
        for (; ; at++)
        {
            var until = before + counts[_owners[at]];
            if (until > rank) break;
            before = until;
        }

        copiesBefore = before;
        return at;
    }

    /// <summary>Quantile of type 7 of a resample, as <see cref="OrderStatistics.Quantile"/>.</summary>
    /// <param name="counts">How often each item was drawn.</param>
    /// <param name="length">The resample's <see cref="Length"/>.</param>
    /// <param name="p">Probability in [0, 1].</param>
    public double Quantile(ReadOnlySpan<int> counts, int length, double p)
    {
        var rank = (length - 1) * p;
        var below = (int)rank;
        var at = Find(counts, below, out var before);
        var low = _values[at];
        if (below + 1 >= length || before + counts[_owners[at]] > below + 1) return OrderStatistics.Between(low, low, rank - below);
        do at++;
        while (counts[_owners[at]] == 0);
        return OrderStatistics.Between(low, _values[at], rank - below);
    }

    /// <summary>Writes the largest values of a resample, ascending.</summary>
    /// <param name="counts">How often each item was drawn.</param>
    /// <param name="length">The resample's <see cref="Length"/>.</param>
    /// <param name="largest">How many.</param>
    /// <param name="into">Room for them and for <see cref="Spare"/> more.</param>
    public void Largest(ReadOnlySpan<int> counts, int length, int largest, Span<double> into)
    {
        var start = length - largest;
        var at = Find(counts, start, out var before);
        var first = before + counts[_owners[at]] - start;
        into[..first].Fill(_values[at]);
        Expand(_values.AsSpan(at + 1), _owners.AsSpan(at + 1), counts, into[first..]);
    }

    /// <summary>Writes each value as often as its owner was drawn.</summary>
    /// <param name="values">Values in order.</param>
    /// <param name="owners">The item of each value.</param>
    /// <param name="counts">How often each item was drawn.</param>
    /// <param name="into">Room for all copies and for <see cref="Spare"/> more.</param>
    /// <returns>How many were written.</returns>
    public static int Expand(ReadOnlySpan<double> values, ReadOnlySpan<int> owners, ReadOnlySpan<int> counts, Span<double> into)
    {
        var filled = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var copies = counts[owners[i]];
            // Four at once whether they are needed or not: what is too much is overwritten, and the processor need not guess the count.
            Vector256.Create(values[i]).CopyTo(into[filled..]);
            if (copies > Spare) into.Slice(filled, copies).Fill(values[i]);
            filled += copies;
        }

        return filled;
    }

    /// <summary>Σ a b; whole numbers, so that the order does not matter.</summary>
    private static int Product(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var sums = Vector<int>.Zero;
        var x = MemoryMarshal.Cast<int, Vector<int>>(a);
        var y = MemoryMarshal.Cast<int, Vector<int>>(b);
        for (var k = 0; k < x.Length; k++) sums += x[k] * y[k];
        var sum = Vector.Sum(sums);
        for (var k = x.Length * Vector<int>.Count; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }
}
