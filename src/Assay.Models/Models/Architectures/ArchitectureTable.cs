using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>Which layers attend within a window.</summary>
public enum WindowRule
{
    /// <summary>None.</summary>
    Never,
    /// <summary>All, where <c>sliding_window</c> is set (Mistral).</summary>
    EveryLayer,
    /// <summary>All, where <c>use_sliding_window</c> is true (Qwen3 MoE).</summary>
    EveryLayerIfUsed,
    /// <summary>Those of <c>layer_types</c>; else, where <c>use_sliding_window</c> is true, those from <c>max_window_layers</c> on (Qwen2, Qwen3).</summary>
    UpperLayersIfUsed,
    /// <summary>Those of <c>layer_types</c>; else layers 0, 2, 4, … (Gemma 2, GPT-OSS).</summary>
    EvenLayers,
    /// <summary>Those of <c>layer_types</c>; else all but every n-th, n being <see cref="ArchitectureTable.FullInterval"/> or the value of its key (Gemma 3, OLMo 3).</summary>
    AllButEveryNth,
    /// <summary>Those of <c>layer_types</c>; else, where <c>use_sliding_window</c> is true, those without rotation (SmolLM3).</summary>
    UnrotatedLayersIfUsed,
}

/// <summary>A key that may be present with one value only, since another would change what is computed.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">True, false, a number or a string; null where only null will do.</param>
/// <param name="Meaning">What another value would mean.</param>
public sealed record PinnedKey(string Name, object? Value, string Meaning);

/// <summary>All that distinguishes one architecture from another: the keys of its config and the tensors they imply.</summary>
/// <remarks>Data only; <see cref="SpecBuilder"/> reads it. The residual roles drive editing, diffing and reports.</remarks>
public sealed record ArchitectureTable
{
    /// <summary>The supported architectures, by name.</summary>
    public static ImmutableArray<ArchitectureTable> All => Registry.Tables;

    /// <summary><c>model_type</c>.</summary>
    public required string ModelType { get; init; }
    /// <summary>The only entry of <c>architectures</c> that is accepted.</summary>
    public required string CausalClass { get; init; }
    /// <summary>Where the defaults come from.</summary>
    public required string Source { get; init; }
    /// <summary>Keys that the forward pass or generation reads.</summary>
    public required ImmutableArray<ConfigKey> Keys { get; init; }
    /// <summary>Modules in the order of the forward pass.</summary>
    public required ImmutableArray<TensorRow> Rows { get; init; }
    /// <summary>Keys with one legal value.</summary>
    public ImmutableArray<PinnedKey> Pinned { get; init; } = [];
    /// <summary>Keys that speak of computation but that transformers' class does not read.</summary>
    public ImmutableArray<string> Unread { get; init; } = [];
    /// <summary>What published names start with, or leave out.</summary>
    public string Prefix { get; init; } = "model.";
    /// <summary>What the names of tensors start with that transformers leaves aside when it loads a causal language model (multi-token prediction).</summary>
    public ImmutableArray<string> Unused { get; init; } = [];
    /// <summary>Names of buffers that old checkpoints carry, as <see cref="TensorRow.Module"/>.</summary>
    public ImmutableArray<string> Buffers { get; init; } = ["model.layers.{layer}.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"];

    /// <summary>Kind of the norms on the residual stream and its sub-layers, and of query and key norms.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;
    /// <summary>Which layers have a window.</summary>
    public WindowRule Windows { get; init; } = WindowRule.Never;
    /// <summary>Default of <c>rope_theta</c>; null where positions are learned.</summary>
    public double? RopeTheta { get; init; } = 10000;
    /// <summary>Keys of that base, transformers 4's first.</summary>
    public ImmutableArray<string> ThetaKeys { get; init; } = ["rope_theta"];
    /// <summary>Default of the rotated part of a head; null where the class knows of no such part.</summary>
    public double? RotaryPart { get; init; }
    /// <summary>Keys of that part.</summary>
    public ImmutableArray<string> RotaryPartKeys { get; init; } = ["partial_rotary_factor"];
    /// <summary>The whole rotation where the config says nothing of it; its base is <see cref="RopeTheta"/>.</summary>
    public RopeSpec? RopeDefault { get; init; }
    /// <summary>Whether neighbours of a head are rotated together, not its halves.</summary>
    public bool RotatesNeighbours { get; init; }
    /// <summary>Key of the base in layers with a window, whose rotation is not scaled (Gemma 3).</summary>
    public string? LocalThetaKey { get; init; }
    /// <summary>Default of that base.</summary>
    public double LocalTheta { get; init; }
    /// <summary>Whether a scaled rotation applies to layers without a window only (OLMo 3).</summary>
    public bool ScalesFullLayersOnly { get; init; }
    /// <summary>Key of a list that has 0 for layers without rotation (SmolLM3); where it is null, every n-th has none, n by <c>no_rope_layer_interval</c>.</summary>
    public string? RotatedLayersKey { get; init; }
    /// <summary>Every so many layers have no window, or, with <see cref="LinearLayers"/>, softmax attention.</summary>
    public int FullInterval { get; init; }
    /// <summary>Key of that number; null where it is fixed.</summary>
    public string? FullIntervalKey { get; init; }
    /// <summary>Whether the other layers are linear attention.</summary>
    public bool LinearLayers { get; init; }
    /// <summary><see cref="TensorRow.Always"/> or the key that says whether attention and MLP stand side by side; null for never.</summary>
    public string? Parallel { get; init; }
    /// <summary>Whether query and key norms are over all heads together.</summary>
    public bool NormAcrossHeads { get; init; }
    /// <summary>Whether a fused projection holds query, key and value of one head after those of another.</summary>
    public bool FusedByHead { get; init; }
    /// <summary>Key of a factor on the embedding.</summary>
    public string? EmbeddingMultiplierKey { get; init; }
    /// <summary>Key of a factor on what a sub-layer adds.</summary>
    public string? ResidualMultiplierKey { get; init; }
    /// <summary>Key of the factor on query·key.</summary>
    public string? AttentionMultiplierKey { get; init; }
    /// <summary>Key of a factor on the logits.</summary>
    public string? LogitMultiplierKey { get; init; }
    /// <summary>Key of a divisor of the logits.</summary>
    public string? LogitDivisorKey { get; init; }
    /// <summary>Key of the number of experts.</summary>
    public string ExpertsKey { get; init; } = "num_experts";
    /// <summary>Key of an expert's inner width.</summary>
    public string ExpertWidthKey { get; init; } = "moe_intermediate_size";
    /// <summary>Key of the shared expert's inner width; null where it is <c>n_shared_experts</c> times an expert's.</summary>
    public string? SharedWidthKey { get; init; }
    /// <summary>Key that says whether the chosen experts' weights are divided by their sum; null where they always are.</summary>
    public string? NormaliseKey { get; init; } = "norm_topk_prob";
    /// <summary>From a router's scores to weights.</summary>
    public RoutingKind Routing { get; init; }
    /// <summary>The MLP's activation where no key gives it.</summary>
    public Activation? FixedActivation { get; init; }
    /// <summary>ε of the norms inside latent attention, which are made without the config's.</summary>
    public double? LatentEpsilon { get; init; }
    /// <summary>Whether the embedding's rows are multiplied by √d.</summary>
    public bool EmbeddingTimesRootHidden { get; init; }
    /// <summary>Key whose value s gives the scale 1/√s of query·key; null for the head size.</summary>
    public string? QueryScalarKey { get; init; }
    /// <summary>Key of the soft cap on attention scores.</summary>
    public string? AttentionSoftcapKey { get; init; }
    /// <summary>Key of the soft cap on the logits.</summary>
    public string? LogitSoftcapKey { get; init; }

    /// <summary>Key of the residual stream's width.</summary>
    public string HiddenKey { get; init; } = "hidden_size";
    /// <summary>Key of the number of blocks.</summary>
    public string LayersKey { get; init; } = "num_hidden_layers";
    /// <summary>Key of the number of query heads.</summary>
    public string HeadsKey { get; init; } = "num_attention_heads";
    /// <summary>Key of the largest number of positions.</summary>
    public string PositionsKey { get; init; } = "max_position_embeddings";
    /// <summary>Key of the MLP's inner width; where its value is null it is 4 d.</summary>
    public string MlpKey { get; init; } = "intermediate_size";
    /// <summary>Key of the norms' ε.</summary>
    public string EpsilonKey { get; init; } = "rms_norm_eps";
    /// <summary>Key of the MLP's activation.</summary>
    public string ActivationKey { get; init; } = "hidden_act";

    /// <summary>The table of a <c>model_type</c>; null where there is none.</summary>
    public static ArchitectureTable? Find(string modelType) => All.FirstOrDefault(t => t.ModelType == modelType);

    internal bool Has(string key) => Keys.Any(k => k.Name == key);

    internal TensorRow? Row(TensorPart part) => Rows.FirstOrDefault(r => r.Part == part);

    // Apart, so that whichever table is touched first finds no half-made list.
    private static class Registry
    {
        internal static readonly ImmutableArray<ArchitectureTable> Tables = 
        [
            Cohere.Table, DeepseekV3.Table, Gemma.Table, Gemma2.Table, Gemma3.Table, Glm4.Table, Gpt2.Table, GptNeox.Table, GptOss.Table, Granite.Table, Llama.Table, Mistral.Table, Mixtral.Table,
            Olmo2.Table, Olmo3.Table, Olmoe.Table, Phi3.Table, Qwen2.Table, Qwen2Moe.Table, Qwen3.Table, Qwen3Moe.Table, Qwen3Next.Table, Smollm3.Table, Stablelm.Table, Starcoder2.Table,
        ];
    }
}
