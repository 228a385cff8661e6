namespace Assay.Checkpoints;

/// <summary>Another tensor's values plus a constant, in float32.</summary>
internal sealed class ShiftedValues(Tensor inner, float shift) : ComputedValues
{
    public override void Read(long start, Span<float> destination)
    {
        inner.Read(start, destination);
        foreach (ref var value in destination) value += shift;
    }

    public override void RequireOpen() => inner.RequireOpen();
}
