namespace Assay.Models.Architectures;

/// <summary>Qwen 3, dense: norms on the heads of queries and keys, no biases by default.</summary>
internal static class Qwen3
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "qwen3",
        CausalClass = "Qwen3ForCausalLM",
        Source = "Qwen3Config",
        Windows = WindowRule.UpperLayersIfUsed,
        Keys =
        [
            ConfigKey.Size("vocab_size", 151936),
            ConfigKey.Size("hidden_size", 4096),
            ConfigKey.Size("intermediate_size", 22016),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", 32, nullable: true),
            ConfigKey.Size("head_dim", 128),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 32768),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("use_sliding_window", false),
            ConfigKey.Positions("sliding_window", 4096, nullable: true),
            ConfigKey.Count("max_window_layers", 28),
            new("layer_types", ConfigKind.LayerTypes) { Nullable = true },
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            ConfigKey.TokenIds("eos_token_id", null),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.QueryNorm, "model.layers.{layer}.self_attn.q_norm", Extent.HeadSize, Extent.None, ResidualRole.Neither),
            new(TensorPart.KeyNorm, "model.layers.{layer}.self_attn.k_norm", Extent.HeadSize, Extent.None, ResidualRole.Neither),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
