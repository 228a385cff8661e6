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
        var problems = new List<string>();
        foreach (var spec in config.Tensors)
        {
            if (!names.Stored.TryGetValue(spec.Name, out var stored)) continue;
            var tensor = checkpoint[stored];
            if (tensor.DType is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64) && !tensor.DType.IsBlock())
                problems.Add($"{checkpoint.Path}: tensor '{stored}' has dtype {tensor.DType}; F32, F16, BF16 or F64 can be computed with. Dequantise the checkpoint first.");
            bound[spec.Name] = tensor;
        }

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
