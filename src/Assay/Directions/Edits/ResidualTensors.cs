using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Which tensors write to the residual stream and which read it, from the specs of the forward pass, held against the roles of the architecture's table.</summary>
/// <remarks>Spec and table are two statements of one thing: a tensor that only one of them knows is an error, never skipped.</remarks>
internal static class ResidualTensors
{
    /// <summary>Everything that writes: embeddings, output projections of attention of every kind, down projections of dense MLPs and of experts, fused, separate and shared, with their biases.</summary>
    /// <param name="spec">The forward pass.</param>
    /// <param name="tensors">The table's list.</param>
    /// <exception cref="InvalidInputException">A writer of the table that the spec does not place, or only a part of whose outputs are the stream.</exception>
    public static Dictionary<string, ResidualPlace> Writers(TransformerSpec spec, IEnumerable<TensorSpec> tensors)
    {
        var places = new Dictionary<string, ResidualPlace>(StringComparer.Ordinal) { [spec.Embedding] = new(-1, ResidualWriter.Embedding, ResidualAxis.Columns) };
        if (spec.PositionEmbedding is { } positions) places[positions] = new(-1, ResidualWriter.Embedding, ResidualAxis.Columns);
        var problems = new ProblemList();
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            Add(layer, ResidualWriter.Attention, spec.Layers[layer].Attention.Output);
            foreach (var down in Downs(spec.Layers[layer].Mlp)) Add(layer, ResidualWriter.Mlp, down);
        }
        foreach (var tensor in tensors)
            if (tensor.Role == ResidualRole.Writes && !places.ContainsKey(tensor.Name))
                problems.Add($"Tensor {ProblemList.Quote(tensor.Name)} writes to the residual stream, and no place of an edit covers it: a direction would stay in what it adds. This architecture cannot be edited yet.");
        problems.ThrowIfAny();
        return places;

        void Add(int layer, ResidualWriter writer, LinearSpec map)
        {
            if (map.Outputs != spec.HiddenSize || map.FirstOutput != 0 || map.Block != 0)
                problems.Add($"Tensor {ProblemList.Quote(map.Weight)} writes to the residual stream with a part of its outputs only. This architecture cannot be edited yet.");
            places[map.Weight] = new(layer, writer, map.Transposed ? ResidualAxis.Columns : ResidualAxis.Rows);
            if (map.Bias is { } bias) places[bias] = new(layer, writer, ResidualAxis.Columns, IsBias: true);
        }
    }

    /// <summary>Everything that reads within the blocks, with the bias that belongs to it and the norm before it; the head is none of a block.</summary>
    /// <param name="spec">The forward pass.</param>
    /// <param name="tensors">The table's list.</param>
    /// <exception cref="InvalidInputException">A reader of the table that the spec does not place.</exception>
    public static Dictionary<string, (ResidualPlace Place, LinearSpec Map, NormSpec? Norm)> Readers(TransformerSpec spec, IEnumerable<TensorSpec> tensors)
    {
        var places = new Dictionary<string, (ResidualPlace, LinearSpec, NormSpec?)>(StringComparer.Ordinal);
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            var block = spec.Layers[layer];
            foreach (var map in OfAttention(block.Attention)) Add(layer, ResidualWriter.Attention, map, block.PreAttention);
            // A parallel block's MLP may read what attention reads.
            foreach (var map in OfMlp(block.Mlp)) Add(layer, ResidualWriter.Mlp, map, block.PreMlp ?? (block.Parallel ? block.PreAttention : null));
        }
        var problems = new ProblemList();
        foreach (var tensor in tensors)
            if (tensor.Role == ResidualRole.Reads && !tensor.Optional && tensor.Name != spec.Head.Weight && !places.ContainsKey(tensor.Name))
                problems.Add($"Tensor {ProblemList.Quote(tensor.Name)} reads the residual stream, and no place of an edit covers it. This architecture cannot be edited on the input side yet.");
        problems.ThrowIfAny();
        return places;

        void Add(int layer, ResidualWriter writer, LinearSpec map, NormSpec? norm) =>
            places[map.Weight] = (new(layer, writer, map.Transposed ? ResidualAxis.Rows : ResidualAxis.Columns), map, norm);
    }

    private static IEnumerable<LinearSpec> Downs(MlpSpec mlp) => mlp switch
    {
        DenseMlpSpec dense => [dense.Down],
        RoutedMlpSpec routed => routed.Experts.Select(e => e.Down).Concat(routed.Shared is { } shared ? [shared.Down] : []),
        _ => throw new NotSupportedException(mlp.GetType().Name),
    };

    private static IEnumerable<LinearSpec> OfAttention(AttentionSpec attention)
    {
        LinearSpec?[] maps = attention.Latent is { } latent
            ? [latent.QueryDown ?? attention.Query, latent.KeyValueDown, attention.Gate]
            : [attention.Query, attention.Key, attention.Value, attention.Gate, attention.Delta?.WriteStrength, attention.Delta?.Decay];
        return maps.OfType<LinearSpec>();
    }

    private static IEnumerable<LinearSpec> OfMlp(MlpSpec mlp) => mlp switch
    {
        DenseMlpSpec dense => ((LinearSpec?[])[dense.Gate, dense.Up]).OfType<LinearSpec>(),
        RoutedMlpSpec routed => ((LinearSpec?[])[routed.Router, routed.SharedGate, routed.Shared?.Gate, routed.Shared?.Up]).OfType<LinearSpec>().Concat(routed.Experts.SelectMany(OfMlp)),
        _ => throw new NotSupportedException(mlp.GetType().Name),
    };
}
