using System.Buffers;
using Assay.Checkpoints;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A matrix rounded in groups of 32 along its input, as <see cref="RoundedWeights"/> says.</summary>
internal sealed class GroupRounding : ComputedValues
{
    /// <summary>Inputs that have a scale in common.</summary>
    public const int Group = 32;

    private const int Piece = 16 * Group;

    // What a thread found last: a product reads the rows of one group one after another.
    [ThreadStatic]
    private static Largest? s_last;

    private readonly Tensor inner;
    private readonly int levels;
    private readonly bool transposed;
    private readonly long rows, columns;

    /// <param name="inner">(…, rows, columns); leading axes count matrices.</param>
    /// <param name="bits">Bits of a value, sign included.</param>
    /// <param name="transposed">Whether the input runs down the rows.</param>
    public GroupRounding(Tensor inner, int bits, bool transposed)
    {
        (this.inner, this.transposed) = (inner, transposed);
        levels = (1 << (bits - 1)) - 1;
        (rows, columns) = (inner.Shape[^2], inner.Shape[^1]);
    }

    public override void Read(long start, Span<float> destination)
    {
        while (!destination.IsEmpty)
        {
            var (row, column) = Math.DivRem(start, columns);
            var part = destination[..(int)Math.Min(Math.Min(Piece, destination.Length), columns - column)];
            if (transposed) ReadDown(row, column, part);
            else ReadAlong(row, column, part);
            start += part.Length;
            destination = destination[part.Length..];
        }
    }

    public override void RequireOpen() => inner.RequireOpen();

    /// <summary>A piece of a row whose groups lie in it.</summary>
    private void ReadAlong(long row, long column, Span<float> part)
    {
        // Whole groups around the piece.
        Span<float> around = stackalloc float[Piece + 2 * Group];
        var first = column / Group * Group;
        var end = Math.Min(columns, (column + part.Length + Group - 1) / Group * Group);
        around = around[..(int)(end - first)];
        inner.Read(row * columns + first, around);
        for (var at = 0; at < around.Length; at += Group)
        {
            var group = around[at..Math.Min(at + Group, around.Length)];
            float largest = 0;
            foreach (var value in group) largest = MathF.Max(largest, MathF.Abs(value));
            if (largest == 0) continue;
            var scale = (double)largest / levels;
            foreach (ref var value in group) value = (float)(Math.Round(value / scale) * scale);
        }

        around.Slice((int)(column - first), part.Length).CopyTo(part);
    }

    /// <summary>A piece of a row across whose columns the groups run.</summary>
    private void ReadDown(long row, long column, Span<float> part)
    {
        var (matrix, input) = Math.DivRem(row, rows);
        var first = matrix * rows + input / Group * Group;
        if (s_last is not { } last || last.Of != this) s_last = last = new Largest(this, columns);
        last.MoveTo(first);
        var largest = last.Values;
        // In blocks as wide as the narrowest reader's: all that are not known yet are found together.
        var (from, end) = (column / Group, (column + part.Length + Group - 1) / Group);
        while (from < end && last.IsKnown[from]) from++;
        if (from < end)
        {
            var (begin, width) = (from * Group, (int)(Math.Min(columns, end * Group) - from * Group));
            Array.Clear(largest, (int)begin, width);
            var other = ArrayPool<float>.Shared.Rent(width);
            for (var r = first; r < Math.Min(first + Group, (matrix + 1) * rows); r++)
            {
                inner.Read(r * columns + begin, other.AsSpan(0, width));
                for (var i = 0; i < width; i++) largest[begin + i] = MathF.Max(largest[begin + i], MathF.Abs(other[i]));
            }

            ArrayPool<float>.Shared.Return(other);
            last.IsKnown.AsSpan((int)from, (int)(end - from)).Fill(true);
        }

        inner.Read(row * columns + column, part);
        for (var i = 0; i < part.Length; i++) part[i] = Rounded(part[i], largest[column + i]);
    }

    private float Rounded(float value, float largest)
    {
        if (largest == 0) return value;
        var scale = (double)largest / levels;
        // Halves to even.
        return (float)(Math.Round(value / scale) * scale);
    }

    /// <summary>The largest of each column's group, of those columns that have been asked for.</summary>
    private sealed class Largest(GroupRounding of, long columns)
    {
        private readonly WeakReference<GroupRounding> of = new(of);
        private long row = -1;

        public GroupRounding? Of => of.TryGetTarget(out var target) ? target : null;

        public float[] Values { get; } = new float[columns];

        public bool[] IsKnown { get; } = new bool[(columns + Group - 1) / Group];

        /// <summary>Forgets what it knows unless it is of the groups that begin in this row.</summary>
        public void MoveTo(long first)
        {
            if (row == first) return;
            row = first;
            Array.Clear(IsKnown);
        }
    }
}
