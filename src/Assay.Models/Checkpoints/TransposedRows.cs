namespace Assay.Checkpoints;

/// <summary>The transpose of a matrix, as float32.</summary>
/// <remarks>Products never come here: they read the rows of <see cref="Inner"/>. This is for hashing, copying and comparing.</remarks>
internal sealed class TransposedRows : ComputedValues
{
    private const int Group = 256; // Columns decoded together, the longest block.
    private readonly long rows;
    private readonly long columns;

    /// <param name="inner">(rows, columns); the result is (columns, rows).</param>
    public TransposedRows(Tensor inner)
    {
        Inner = inner;
        (rows, columns) = (inner.Shape[0], inner.Shape[1]);
    }

    /// <summary>What is transposed.</summary>
    public Tensor Inner { get; }

    public override void Read(long start, Span<float> destination)
    {
        Span<float> values = stackalloc float[Group];
        while (!destination.IsEmpty)
        {
            // As much as lies in one group of columns.
            var column = start / rows;
            var group = column / Group * Group;
            var width = (int)Math.Min(Group, columns - group);
            var part = destination[..(int)Math.Min(destination.Length, (group + width) * rows - start)];
            for (long row = 0; row < rows; row++)
            {
                // The first place at or after the start whose element comes from this row.
                var at = (row - start % rows + rows) % rows;
                if (at >= part.Length) continue;
                var first = (start + at) / rows;
                var count = (int)((part.Length - at + rows - 1) / rows);
                Inner.Read(row * columns + first, values[..count]);
                for (var i = 0; i < count; i++) part[(int)(at + i * rows)] = values[i];
            }
            start += part.Length;
            destination = destination[part.Length..];
        }
    }

    public override void RequireOpen() => Inner.RequireOpen();
}
