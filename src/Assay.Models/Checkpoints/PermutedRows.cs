namespace Assay.Checkpoints;

/// <summary>Rows of another tensor in another order, all or some, in its dtype.</summary>
internal sealed class PermutedRows : TensorSource
{
    private readonly Tensor inner;
    private readonly int[] rows;
    private readonly long width;
    private readonly long rowBytes;

    /// <param name="inner">(rows, …), each row of whole blocks.</param>
    /// <param name="rows">For each row of the result the row of <paramref name="inner"/>.</param>
    public PermutedRows(Tensor inner, int[] rows)
    {
        this.inner = inner;
        this.rows = rows;
        width = inner.Count / Math.Max(1, inner.Shape[0]);
        rowBytes = inner.DType.ByteLength(width) ?? throw new ArgumentException("Rows of whole blocks are expected.", nameof(inner));
    }

    public override void Read(long start, Span<float> destination)
    {
        while (!destination.IsEmpty)
        {
            var (row, column) = Math.DivRem(start, width);
            var part = destination[..(int)Math.Min(destination.Length, width - column)];
            inner.Read(rows[row] * width + column, part);
            start += part.Length;
            destination = destination[part.Length..];
        }
    }

    public override void ReadBytes(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var (row, column) = Math.DivRem(offset, rowBytes);
            var part = destination[..(int)Math.Min(destination.Length, rowBytes - column)];
            inner.ReadBytes(rows[row] * rowBytes + column, part);
            offset += part.Length;
            destination = destination[part.Length..];
        }
    }

    public override void RequireOpen() => inner.RequireOpen();
}
