namespace Assay.Checkpoints;

/// <summary>What a tensor is computed from while it is read. Safe to read from many threads; the same bits whatever the pieces.</summary>
internal abstract class TensorSource
{
    /// <summary>Elements as float32, as <see cref="Tensor.Read"/>.</summary>
    public abstract void Read(long start, Span<float> destination);

    /// <summary>Bytes as a file of the tensor's dtype would hold them.</summary>
    public abstract void ReadBytes(long offset, Span<byte> destination);

    /// <summary>Throws where a checkpoint that this rests on has been closed.</summary>
    public abstract void RequireOpen();
}
