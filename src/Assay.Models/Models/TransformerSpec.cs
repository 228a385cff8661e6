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
    /// <summary>Factor on the logits, before the soft cap (Cohere's logit_scale, the inverse of Granite's logits_scaling).</summary>
    public float LogitScale { get; init; } = 1;
    /// <summary>Soft cap c on the logits, c·tanh(x/c); null for none.</summary>
    public float? FinalLogitSoftcap { get; init; }

    /// <summary>Names the rotations that a sequence of so many tokens gets: cached keys and values serve only lengths with the same number.</summary>
    /// <remarks>0 where no layer's rotation depends on the length. Never equal for two lengths that rotate differently.</remarks>
    internal int RotationOf(int length)
    {
        var most = 0;
        foreach (var layer in Layers)
            if (layer.Attention.Rope is { } rope) most = Math.Max(most, rope.RegimeOf(length));
        return most;
    }

    /// <summary>Whether a layer carries a state from token to token, which has no part for each position.</summary>
    internal bool IsRecurrent => Layers.Any(l => l.Attention.Delta is not null);

    /// <summary>Whether sequences of a batch may grow out of a common beginning (<see cref="Segment.Parent"/>) up to a length.</summary>
    internal bool CanBranch(int length) => !IsRecurrent && RotationOf(length) == RotationOf(1);
}

/// <summary>One block: norm, attention, norm, residual, norm, MLP, norm, residual; absent norms are null.</summary>
/// <param name="PreAttention">On the block's input.</param>
/// <param name="Attention">The attention sub-layer.</param>
/// <param name="PostAttention">On attention's output before the residual sum (Gemma 2).</param>
/// <param name="PreMlp">On the MLP's input. In a parallel block null means that the MLP reads what attention reads.</param>
/// <param name="Mlp">The MLP sub-layer.</param>
/// <param name="PostMlp">On the MLP's output before the residual sum (Gemma 2).</param>
public sealed record LayerSpec(NormSpec? PreAttention, AttentionSpec Attention, NormSpec? PostAttention, NormSpec? PreMlp, MlpSpec Mlp, NormSpec? PostMlp)
{
    /// <summary>Attention and MLP both read the block's input, and both are added to it (GPT-NeoX, Cohere).</summary>
    public bool Parallel { get; init; }

    /// <summary>Factor on what a sub-layer adds to the residual stream (Granite's residual_multiplier).</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>All maps of the block.</summary>
    public IEnumerable<LinearSpec> Maps()
    {
        LinearSpec?[] maps = Mlp switch
        {
            DenseMlpSpec dense => [dense.Gate, dense.Up, dense.Down],
            RoutedMlpSpec routed => [routed.Router, .. routed.Experts.SelectMany(e => (LinearSpec?[])[e.Gate, e.Up, e.Down]), routed.Shared?.Gate, routed.Shared?.Up, routed.Shared?.Down, routed.SharedGate],
            _ => throw new NotSupportedException(Mlp.GetType().Name),
        };
        return ((LinearSpec?[])[Attention.Latent?.QueryDown, Attention.Latent?.KeyValueDown, Attention.Query, Attention.Key, Attention.Value, Attention.Gate,
            Attention.Delta?.WriteStrength, Attention.Delta?.Decay, Attention.Output, .. maps]).OfType<LinearSpec>();
    }

    /// <summary>All norms of the block.</summary>
    public IEnumerable<NormSpec> Norms() =>
        ((NormSpec?[])[PreAttention, PostAttention, PreMlp, PostMlp, Attention.QueryNorm, Attention.KeyNorm, Attention.Latent?.QueryNorm, Attention.Latent?.KeyValueNorm, Attention.Delta?.Norm]).OfType<NormSpec>();

    /// <summary>Names of all tensors that the block reads; some more than once.</summary>
    internal IEnumerable<string> Tensors()
    {
        string?[] vectors = [Attention.Sinks, Attention.Delta?.Convolution, Attention.Delta?.LogRate, Attention.Delta?.StepBias, (Mlp as RoutedMlpSpec)?.ChoiceBias];
        return Norms().SelectMany(n => (string?[])[n.Weight, n.Bias]).Concat(vectors).Concat(Maps().SelectMany(m => (string?[])[m.Weight, m.Bias])).OfType<string>();
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
public sealed record LinearSpec(string Weight, string? Bias, int Outputs, int Inputs, bool Transposed = false, int FirstOutput = 0)
{
    /// <summary>First input inside the stored tensor: that of one expert where a tensor (experts, in, out) holds them all.</summary>
    public int FirstInput { get; init; }
    /// <summary>Entry of the bias for the first output; null where it is <see cref="FirstOutput"/>.</summary>
    public int? FirstBias { get; init; }
    /// <summary>Outputs that stand side by side in the stored tensor, where another map's outputs stand between (GPT-NeoX: a head's query, key and value); 0 where all do.</summary>
    public int Block { get; init; }
    /// <summary>Stored outputs from the first of one block to the first of the next.</summary>
    public int BlockStride { get; init; }
}

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
    /// <summary>Norm of each query head before rotation; null for none.</summary>
    public NormSpec? QueryNorm { get; init; }
    /// <summary>Norm of each key head before rotation; null for none.</summary>
    public NormSpec? KeyNorm { get; init; }
    /// <summary>Whether those norms are over all heads together rather than over each (OLMo 2).</summary>
    public bool NormAcrossHeads { get; init; }
    /// <summary>(heads × value size, d): attention's result is multiplied by the sigmoid of it before <see cref="Output"/>; null for none. With <see cref="Delta"/>, by its SiLU after the norm.</summary>
    public LinearSpec? Gate { get; init; }
    /// <summary>Low-rank maps before <see cref="Query"/>, <see cref="Key"/> and <see cref="Value"/>; null for none.</summary>
    public LatentSpec? Latent { get; init; }
    /// <summary>Where set, the layer is not softmax attention but a gated delta rule.</summary>
    public GatedDeltaSpec? Delta { get; init; }
    /// <summary>(heads × head size, d).</summary>
    public required LinearSpec Query { get; init; }
    /// <summary>(kv heads × head size, d).</summary>
    public required LinearSpec Key { get; init; }
    /// <summary>(kv heads × head size, d).</summary>
    public required LinearSpec Value { get; init; }
    /// <summary>(d, heads × head size).</summary>
    public required LinearSpec Output { get; init; }
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
    /// <summary>With a gate only: (clamp(up, −limit, limit) + 1) · g·σ(1.702 g), g = min(gate, limit) (GPT-OSS).</summary>
    ClampedSwiglu,
}

/// <summary>An MLP, dense or of routed experts.</summary>
public abstract record MlpSpec
{
    /// <summary>Between the matrices.</summary>
    public required Activation Activation { get; init; }
    /// <summary>The limit of <see cref="Activation.ClampedSwiglu"/>; 0 for the others.</summary>
    public float Limit { get; init; }
    /// <summary>The factor inside the sigmoid of <see cref="Activation.ClampedSwiglu"/>; 0 for the others.</summary>
    public float Gain { get; init; }
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

