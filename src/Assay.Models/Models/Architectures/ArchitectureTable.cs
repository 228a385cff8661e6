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
    /// <summary>Those of <c>layer_types</c>; else layers 0, 2, 4, … (Gemma 2).</summary>
    EvenLayers,
}

/// <summary>A key that may be present with one value only, since another would change what is computed.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">True, false or a number.</param>
/// <param name="Meaning">What another value would mean.</param>
public sealed record PinnedKey(string Name, object Value, string Meaning);

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
    /// <summary>Names of buffers that old checkpoints carry, as <see cref="TensorRow.Module"/>.</summary>
    public ImmutableArray<string> Buffers { get; init; } = ["model.layers.{layer}.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"];

    /// <summary>Kind of the norms on the residual stream and its sub-layers, and of query and key norms.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;
    /// <summary>Which layers have a window.</summary>
    public WindowRule Windows { get; init; } = WindowRule.Never;
    /// <summary>Default of <c>rope_theta</c>; null where positions are learned.</summary>
    public double? RopeTheta { get; init; } = 10000;
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
        internal static readonly ImmutableArray<ArchitectureTable> Tables = [Gemma2.Table, Gpt2.Table, Llama.Table, Mistral.Table, Qwen2.Table, Qwen3.Table, Qwen3Moe.Table];
    }
}
