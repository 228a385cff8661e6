using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>A checkpoint's tensors under canonical names, whatever prefixes and layout its file has: experts one by one, an unknown tensor under its own
/// name.</summary>
/// <remarks>Refuses nothing: for comparing checkpoints that may lack what the config expects. What the forward pass binds is the same, checked
/// (<see cref="LanguageModel"/>).</remarks>
/// <param name="Tensors">By canonical name, in the checkpoint's order.</param>
/// <param name="Unread">Those that no forward pass reads (old masks and inverse frequencies, multi-token prediction, the other parts of a multimodal
/// model).</param>
public sealed record CanonicalTensors(IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlySet<string> Unread)
{
    /// <summary>Names the tensors of a checkpoint.</summary>
    /// <param name="checkpoint">The files.</param>
    /// <param name="config">Its configuration; null where it cannot be read: then all names stay.</param>
    public static CanonicalTensors Of(Checkpoint checkpoint, ModelConfig? config)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var tensors = new OrderedDictionary<string, Tensor>(StringComparer.Ordinal);
        var unread = new HashSet<string>(StringComparer.Ordinal);
        if (config is null)
        {
            foreach (var tensor in checkpoint.Tensors) tensors.Add(tensor.Name, tensor);
            return new CanonicalTensors(tensors, unread);
        }

        var names = config.Assign(checkpoint.Tensors.Select(t => t.Name));
        var expected = config.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var served = names.Stored.ToLookup(s => s.Value, s => s.Key, StringComparer.Ordinal);
        var buffers = names.Buffers.ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors)
        {
            var canonical = served[tensor.Name].ToList();
            // A stack of another shape than expected, or of rows that share a byte, cannot be cut.
            if (canonical.Count > 0 && names.Parts.TryGetValue(canonical[0], out var part) && expected[canonical[0]].Shape is var shape
                && (!part.Whole(shape).AsSpan().SequenceEqual(tensor.Shape.AsSpan()) || shape[1] % tensor.DType.BlockElements() != 0)) canonical = [];
            foreach (var name in canonical) tensors.TryAdd(name, names.Take(checkpoint, expected[name]));
            if (canonical.Count > 0) continue;
            var own = Architectures.MultimodalTable.OtherPart(tensor.Name) ?? tensor.Name;
            if (!tensors.TryAdd(own, tensor)) tensors.TryAdd(own = tensor.Name, tensor);
            if (buffers.Contains(tensor.Name)) unread.Add(own);
        }
        return new CanonicalTensors(tensors, unread);
    }
}
