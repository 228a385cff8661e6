using System.Collections.Concurrent;
using Assay.Checkpoints;

namespace Assay.Directions.Edits;

/// <summary>A tensor as an edit leaves it, rounded to float32, for many threads: each reads with an instance of its own.</summary>
/// <param name="name">Name in the checkpoint.</param>
/// <param name="inner">Values before the edit.</param>
/// <param name="change">The edit.</param>
internal sealed class EditedValues(string name, Tensor inner, TensorChange change) : ComputedValues
{
    private readonly ConcurrentBag<EditedTensor> idle = [];

    public override void Read(long start, Span<float> destination)
    {
        if (!idle.TryTake(out var tensor)) tensor = new EditedTensor(name, inner, DType.F32, change);
        Span<double> values = stackalloc double[256];
        while (!destination.IsEmpty)
        {
            var part = values[..Math.Min(values.Length, destination.Length)];
            tensor.Read(start, part);
            for (var i = 0; i < part.Length; i++) destination[i] = (float)part[i];
            start += part.Length;
            destination = destination[part.Length..];
        }

        idle.Add(tensor);
    }

    public override void RequireOpen() => inner.RequireOpen();
}
