namespace Assay.Checkpoints;

/// <summary>Elements of another tensor that stand one after another, in its dtype.</summary>
/// <param name="inner">The whole.</param>
/// <param name="first">Its element that the part begins with; the first of a block.</param>
internal sealed class PartOfTensor(Tensor inner, long first) : TensorSource
{
    private readonly long firstByte = inner.DType.ByteLength(first) ?? throw new ArgumentException("A part begins with a whole block.", nameof(first));

    public override void Read(long start, Span<float> destination) => inner.Read(first + start, destination);

    public override void ReadBytes(long offset, Span<byte> destination) => inner.ReadBytes(firstByte + offset, destination);

    public override void RequireOpen() => inner.RequireOpen();
}
