using Assay.Checkpoints;

namespace Assay.Evaluation.Diffing;

/// <summary>Finds tensors of the base that hold another tensor's values, whatever the types.</summary>
internal sealed class TwinFinder(IReadOnlyDictionary<string, Tensor> tensors, CancellationToken cancellation)
{
    private const int Rows = 4;
    private const int Columns = 128;

    private readonly Lazy<ILookup<string, string>> _names = new(() => tensors.Where(t => IsEvidence(t.Value))
        .ToLookup(t => Key(t.Value), t => t.Key, StringComparer.Ordinal));

    /// <summary>Another tensor of equal shape and values; the one at the same place of another layer if there are several.</summary>
    /// <param name="tensor">The candidate's.</param>
    /// <param name="name">Its name, which is not looked for.</param>
    public string? Find(Tensor tensor, string name)
    {
        if (!IsEvidence(tensor) || IsConstant(tensor)) return null;
        var module = TensorPlace.Of(name, null, null).Module;
        return _names.Value[Key(tensor)].Where(n => n != name && ValueHash.SameValues(tensors[n], tensor, cancellation))
            .OrderBy(n => TensorPlace.Of(n, null, null).Module == module ? 0 : 1).FirstOrDefault();
    }

    // A handful of values may be equal by chance, and stands for nothing.
    private static bool IsEvidence(Tensor tensor) => tensor.Count >= 16 && tensor.DType.IsNumeric();

    private static string Key(Tensor tensor) => ValueHash.Key(tensor.Shape, ValueHash.Sample(tensor, Rows, Columns));

    private bool IsConstant(Tensor tensor)
    {
        var values = new float[Math.Min(4096, tensor.Count)];
        tensor.Read(0, values.AsSpan(0, 1));
        var first = values[0];
        for (long at = 0; at < tensor.Count; at += values.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Count - at));
            tensor.Read(at, part);
            if (part.ContainsAnyExcept(first)) return false;
        }

        return true;
    }
}
