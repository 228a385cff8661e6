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
            foreach (ref var value in group) value = Rounded(value, largest);
        }

        around.Slice((int)(column - first), part.Length).CopyTo(part);
    }

    /// <summary>A piece of a row across whose columns the groups run.</summary>
    private void ReadDown(long row, long column, Span<float> part)
    {
        var (matrix, input) = Math.DivRem(row, rows);
        var first = matrix * rows + input / Group * Group;
        var last = s_last;
        if (last is null || last.Of != this || last.Row != first || last.Column > column || last.Column + last.Values.Length < column + part.Length)
        {
            var values = new float[part.Length];
            var other = ArrayPool<float>.Shared.Rent(part.Length);
            for (var r = first; r < Math.Min(first + Group, (matrix + 1) * rows); r++)
            {
                inner.Read(r * columns + column, other.AsSpan(0, part.Length));
                for (var i = 0; i < values.Length; i++) values[i] = MathF.Max(values[i], MathF.Abs(other[i]));
            }

            ArrayPool<float>.Shared.Return(other);
            s_last = last = new Largest(this, first, column, values);
        }

        inner.Read(row * columns + column, part);
        var largest = last.Values.AsSpan((int)(column - last.Column), part.Length);
        for (var i = 0; i < part.Length; i++) part[i] = Rounded(part[i], largest[i]);
    }

    private float Rounded(float value, float largest)
    {
        if (largest == 0) return value;
        var scale = (double)largest / levels;
        return (float)(Math.Round(value / scale, MidpointRounding.ToEven) * scale);
    }

    private sealed class Largest(GroupRounding of, long row, long column, float[] values)
    {
        private readonly WeakReference<GroupRounding> of = new(of);

        public GroupRounding? Of => of.TryGetTarget(out var target) ? target : null;

        public long Row => row;

        public long Column => column;

        public float[] Values => values;
    }
}
