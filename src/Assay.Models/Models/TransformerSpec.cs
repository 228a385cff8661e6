using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>Everything that the forward pass of one checkpoint needs to know, resolved from its config by the architecture's table.</summary>
/// <remarks>The forward pass reads this and the tensors, nothing else: two checkpoints with equal specs and equal tensors compute the same.</remarks>
public sealed record TransformerSpec
{
    /// <summary><c>model_type</c> of the config.</summary>
    public required string Architecture { get; init; }
    /// <summary>Rows of the embedding, entries of the logits.</summary>
    public required int VocabularySize { get; init; }
    /// <summary>Width of the residual stream, d.</summary>
    public required int HiddenSize { get; init; }
    /// <summary><c>max_position_embeddings</c>.</summary>
    public required int MaxPositions { get; init; }
    /// <summary>(vocabulary, d).</summary>
    public required string Embedding { get; init; }
    /// <summary>(positions, d), added to the embedding; null where positions are rotary.</summary>
    public string? PositionEmbedding { get; init; }
    /// <summary>Factor on the embedding's rows (Gemma: √d rounded to the stored dtype's precision as transformers does); 1 otherwise.</summary>
    public float EmbeddingScale { get; init; } = 1;
    /// <summary>Blocks in order.</summary>
    public required ImmutableArray<LayerSpec> Layers { get; init; }
    /// <summary>After the last block.</summary>
    public required NormSpec FinalNorm { get; init; }
    /// <summary>(vocabulary, d). A tied head names the embedding.</summary>
    public required LinearSpec Head { get; init; }
    /// <summary>Soft cap c on the logits, c·tanh(x/c); null for none.</summary>
    public float? FinalLogitSoftcap { get; init; }
}

/// <summary>One block: norm, attention, norm, residual, norm, MLP, norm, residual; absent norms are null.</summary>
/// <param name="PreAttention">On the block's input.</param>
/// <param name="Attention">The attention sub-layer.</param>
/// <param name="PostAttention">On attention's output before the residual sum (Gemma 2).</param>
/// <param name="PreMlp">On the MLP's input.</param>
/// <param name="Mlp">The MLP sub-layer.</param>
/// <param name="PostMlp">On the MLP's output before the residual sum (Gemma 2).</param>
public sealed record LayerSpec(NormSpec? PreAttention, AttentionSpec Attention, NormSpec? PostAttention, NormSpec? PreMlp, MlpSpec Mlp, NormSpec? PostMlp)
{
    /// <summary>Names of all tensors that the block reads.</summary>
    internal IEnumerable<string> Tensors()
    {
        foreach (var norm in (NormSpec?[])[PreAttention, PostAttention, PreMlp, PostMlp, Attention.QueryNorm, Attention.KeyNorm])
        {
            if (norm is null) continue;
            yield return norm.Weight;
            if (norm.Bias is { } bias) yield return bias;
        }

        if (Attention.Sinks is { } sinks) yield return sinks;
        LinearSpec?[] maps = Mlp switch
        {
            DenseMlpSpec dense => [dense.Gate, dense.Up, dense.Down],
            RoutedMlpSpec routed => [routed.Router, .. routed.Experts.SelectMany(e => (LinearSpec?[])[e.Gate, e.Up, e.Down])],
            _ => throw new NotSupportedException(Mlp.GetType().Name),
        };
        foreach (var map in (LinearSpec?[])[Attention.Query, Attention.Key, Attention.Value, Attention.Output, .. maps])
        {
            if (map is null) continue;
            yield return map.Weight;
            if (map.Bias is { } bias) yield return bias;
        }
    }
}

/// <summary>Kinds of normalisation.</summary>
public enum NormKind
{
    /// <summary>x / √(mean x² + ε) · g.</summary>
    Rms,
    /// <summary>x / √(mean x² + ε) · (1 + g) (Gemma).</summary>
    RmsPlusOne,
    /// <summary>(x − mean) / √(variance + ε) · g + b.</summary>
    Layer,
}

/// <summary>A normalisation over the last axis.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Weight">Tensor of gains.</param>
/// <param name="Bias">Tensor of biases; null for none.</param>
/// <param name="Epsilon">Added under the root.</param>
public sealed record NormSpec(NormKind Kind, string Weight, string? Bias, float Epsilon);

/// <summary>y = W x + b, W a whole tensor or a slice of one.</summary>
/// <param name="Weight">Tensor name.</param>
/// <param name="Bias">Tensor name; null for none.</param>
/// <param name="Outputs">Outputs of this map.</param>
/// <param name="Inputs">Inputs of this map.</param>
/// <param name="Transposed">False: stored (out, in). True: stored (in, out), as GPT-2's Conv1D.</param>
/// <param name="FirstOutput">First output inside the stored tensor, for fused projections; also the bias's first entry.</param>
public sealed record LinearSpec(string Weight, string? Bias, int Outputs, int Inputs, bool Transposed = false, int FirstOutput = 0);

/// <summary>Causal attention with grouped keys and values.</summary>
public sealed record AttentionSpec
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }
    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }
    /// <summary>Width of a query's and a key's head.</summary>
    public required int HeadSize { get; init; }
    /// <summary>Width of a value's head; 0 where it is that of the keys.</summary>
    public int ValueHeadSize { get; init; }
    /// <summary>Width of a value's head.</summary>
    public int ValueSize => ValueHeadSize > 0 ? ValueHeadSize : HeadSize;
    /// <summary>Tensor of a logit for each head that takes part in the softmax without a value; null for none.</summary>
    public string? Sinks { get; init; }
    /// <summary>Factor on query·key.</summary>
    public required float Scale { get; init; }
    /// <summary>Soft cap on the scaled scores, before the mask; null for none.</summary>
    public float? Softcap { get; init; }
    /// <summary>A query at t sees keys t − window + 1 … t; null for all.</summary>
    public int? Window { get; init; }
    /// <summary>Rotary embedding; null for none.</summary>
    public RopeSpec? Rope { get; init; }
    /// <summary>RMS norm of each query head before rotation; null for none.</summary>
    public NormSpec? QueryNorm { get; init; }
    /// <summary>RMS norm of each key head before rotation; null for none.</summary>
    public NormSpec? KeyNorm { get; init; }
    /// <summary>(heads × head size, d).</summary>
    public required LinearSpec Query { get; init; }
    /// <summary>(kv heads × head size, d).</summary>
    public required LinearSpec Key { get; init; }
    /// <summary>(kv heads × head size, d).</summary>
    public required LinearSpec Value { get; init; }
    /// <summary>(d, heads × head size).</summary>
    public required LinearSpec Output { get; init; }
}

/// <summary>Kinds of rotary frequency scaling.</summary>
public enum RopeKind
{
    /// <summary>θ^(−2i/d).</summary>
    Default,
    /// <summary>Llama 3's piecewise scaling by wavelength.</summary>
    Llama3,
}

/// <summary>Rotary position embedding, rotating halves (i, i + dimensions/2) as transformers does.</summary>
public sealed record RopeSpec
{
    /// <summary>Scaling.</summary>
    public required RopeKind Kind { get; init; }
    /// <summary>Base of the frequencies.</summary>
    public required double Theta { get; init; }
    /// <summary>First entries of a head that are rotated; 0 for all.</summary>
    public int Dimensions { get; init; }
    /// <summary>Llama3: factor.</summary>
    public double Factor { get; init; } = 1;
    /// <summary>Llama3: low_freq_factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;
    /// <summary>Llama3: high_freq_factor.</summary>
    public double HighFrequencyFactor { get; init; } = 1;
    /// <summary>Llama3: original_max_position_embeddings.</summary>
    public int OriginalMaxPositions { get; init; }
}

/// <summary>Activation functions.</summary>
public enum Activation
{
    /// <summary>x·σ(x).</summary>
    Silu,
    /// <summary>tanh approximation of GELU (gelu_new, gelu_pytorch_tanh).</summary>
    GeluTanh,
    /// <summary>Exact GELU by erf.</summary>
    Gelu,
    /// <summary>max(0, x).</summary>
    Relu,
}

/// <summary>An MLP, dense or of routed experts.</summary>
public abstract record MlpSpec
{
    /// <summary>Between the matrices.</summary>
    public required Activation Activation { get; init; }
}

/// <summary>down(act(gate x) ⊙ up x), or down(act(up x)) where <see cref="Gate"/> is null.</summary>
public sealed record DenseMlpSpec : MlpSpec
{
    /// <summary>(width, d); null for an MLP without a gate (GPT-2).</summary>
    public LinearSpec? Gate { get; init; }
    /// <summary>(width, d).</summary>
    public required LinearSpec Up { get; init; }
    /// <summary>(d, width).</summary>
    public required LinearSpec Down { get; init; }
}

/// <summary>Softmax over the router's scores, the best <see cref="PerToken"/> experts, their outputs summed by weight.</summary>
public sealed record RoutedMlpSpec : MlpSpec
{
    /// <summary>(experts, d).</summary>
    public required LinearSpec Router { get; init; }
    /// <summary>The experts in order.</summary>
    public required ImmutableArray<DenseMlpSpec> Experts { get; init; }
    /// <summary>Experts a token uses.</summary>
    public required int PerToken { get; init; }
    /// <summary>Whether the chosen weights are divided by their sum.</summary>
    public required bool NormaliseWeights { get; init; }

    /// <summary>Value equality, expert by expert.</summary>
    public bool Equals(RoutedMlpSpec? other) =>
        base.Equals(other) && Router == other!.Router && PerToken == other.PerToken && NormaliseWeights == other.NormaliseWeights && Experts.AsSpan().SequenceEqual(other.Experts.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Router, PerToken, NormaliseWeights, Experts.Length);
}
