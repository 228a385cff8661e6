using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>Holds a checkpoint's tensors against what its config expects.</summary>
internal static class WeightBinding
{
    /// <summary>Stored tensor by canonical name.</summary>
    /// <exception cref="InvalidInputException">Missing, unexpected or wrongly shaped tensors, dtypes that are not computed with, a tied head that differs from the embedding; all of them.</exception>
    public static Dictionary<string, Tensor> Bind(Checkpoint checkpoint, ModelConfig config) => Bind(checkpoint, config, out _);

    /// <inheritdoc cref="Bind(Checkpoint, ModelConfig)"/>
    public static Dictionary<string, Tensor> Bind(Checkpoint checkpoint, ModelConfig config, out WeightsStorage storage)
    {
        var names = config.Match(checkpoint.Tensors, checkpoint.Path);
        var bound = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var carried = new List<(string Name, DType DType)>();
        foreach (var spec in config.Tensors)
        {
            if (!names.Stored.TryGetValue(spec.Name, out var stored)) continue;
            var dtype = checkpoint[stored].DType;
            if (dtype is DType.F32 or DType.F16 or DType.BF16 or DType.F64 || dtype.IsBlock()) bound[spec.Name] = names.Take(checkpoint, spec);
            else carried.Add((stored, dtype));
        }

        // Tensors that differ in their numbers only have one cause.
        var problems = Architectures.TensorProblems.Groups(carried.Distinct(), c => $"{Architectures.TensorProblems.Pattern(c.Name)} {c.DType}").Select(group =>
            $"{checkpoint.Path}: {(group.Count == 1 ? $"tensor '{group[0].Name}' has" : $"{group.Count} tensors as '{group[0].Name}' have")} dtype " +
                $"{group[0].DType}; F32, F16, BF16 or F64 can be computed with. Dequantise the checkpoint first.").ToList();
        if (problems.Count == 0 && names.TiedHead is { } head && !Equal(checkpoint[head], bound[config.Spec.Embedding]))
            problems.Add($"{checkpoint.Path}: tie_word_embeddings is true, yet '{head}' is stored and differs from the embedding. Set tie_word_embeddings to false if the head is meant, or remove it.");
        if (problems.Count > 0) throw new InvalidInputException(problems);
        storage = WeightsStorage.Of(names, bound, config.Spec.Embedding);
        return bound;
    }

    /// <summary>Whether two tensors hold the same values.</summary>
    private static bool Equal(Tensor a, Tensor b)
    {
        if (!a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())) return false;
        Span<float> x = stackalloc float[512], y = stackalloc float[512];
        for (long at = 0; at < a.Count; at += 512)
        {
            var count = (int)Math.Min(512, a.Count - at);
            a.Read(at, x[..count]);
            b.Read(at, y[..count]);
            if (!x[..count].SequenceEqual(y[..count])) return false;
        }

        return true;
    }
}
