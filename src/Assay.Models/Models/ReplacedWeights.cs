using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>A checkpoint with other weights, by the names that the forward pass reads.</summary>
internal static class ReplacedWeights
{
    /// <summary>Makes it: what is stored in one piece with others, as experts in a stack, is replaced in its place.</summary>
    /// <param name="checkpoint">Must stay open.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="name">What reports call the result.</param>
    /// <param name="replace">The values in place of a tensor's, given its canonical name and itself, in canonical shape; null where it stays.</param>
    public static Checkpoint In(Checkpoint checkpoint, ModelConfig config, string name, Func<string, Tensor, ComputedValues?> replace)
    {
        var names = config.Match(checkpoint.Tensors, checkpoint.Path);
        var whole = new List<Tensor>();
        var parts = new Dictionary<string, List<(long First, Tensor Part)>>(StringComparer.Ordinal);
        foreach (var spec in config.Tensors)
        {
            if (!names.Stored.TryGetValue(spec.Name, out var stored)) continue;
            var tensor = names.Take(checkpoint, spec);
            if (replace(spec.Name, tensor) is not { } source) continue;
            if (!names.Parts.TryGetValue(spec.Name, out var place))
            {
                whole.Add(new Tensor(stored, DType.F32, tensor.Shape, source));
                continue;
            }

            if (!parts.TryGetValue(stored, out var list)) parts[stored] = list = [];
            list.Add((place.First(spec.Shape), new Tensor(spec.Name, DType.F32, spec.Shape, source)));
        }

        return checkpoint.With(name, whole.Concat(parts.Select(p => new Tensor(p.Key, DType.F32, checkpoint[p.Key].Shape, new ReplacedParts(checkpoint[p.Key], p.Value)))));
    }
}
