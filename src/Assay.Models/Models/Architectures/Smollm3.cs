namespace Assay.Models.Architectures;

/// <summary>SmolLM3: Llama without rotation in every fourth layer.</summary>
internal static class Smollm3
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "smollm3",
        CausalClass = "SmolLM3ForCausalLM",
        Source = "SmolLM3Config",
        Windows = WindowRule.UnrotatedLayersIfUsed,
        RopeTheta = 2_000_000,
        RotatedLayersKey = "no_rope_layers",
        Unread = ["max_window_layers"],
        Keys =
        [
            ConfigKey.Size("vocab_size", 128256),
            ConfigKey.Size("hidden_size", 2048),
            ConfigKey.Size("intermediate_size", 11008),
            ConfigKey.Size("num_hidden_layers", 36),
            ConfigKey.Size("num_attention_heads", 16),
            ConfigKey.Size("num_key_value_heads", 4, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 32768),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("mlp_bias", false),
            ConfigKey.Flag("use_sliding_window", false),
            ConfigKey.Positions("sliding_window", null, nullable: true),
            new("layer_types", ConfigKind.LayerTypes) { Nullable = true },
            new("no_rope_layers", ConfigKind.Indices) { Nullable = true },
            ConfigKey.Size("no_rope_layer_interval", 4),
            ConfigKey.Flag("tie_word_embeddings", true),
            ConfigKey.TokenId("bos_token_id", 128000),
            ConfigKey.TokenIds("eos_token_id", 128001),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads, "mlp_bias"),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads, "mlp_bias"),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes, "mlp_bias"),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
