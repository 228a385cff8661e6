namespace Assay.Checkpoints;

/// <summary>Values that a function computes in place of a tensor's own.</summary>
/// <param name="original">The tensor; it must stay open.</param>
/// <param name="values">What computes them.</param>
internal sealed class DelegatedValues(Tensor original, TensorValues values) : ComputedValues
{
    public override void Read(long start, Span<float> destination) => values(start, destination);

    public override void RequireOpen() => original.RequireOpen();
}
