namespace Assay.Models.Architectures;

/// <summary>IBM Granite 3: Llama with factors on embedding, residual sums, attention scores and logits.</summary>
internal static class Granite
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "granite",
        CausalClass = "GraniteForCausalLM",
        Source = "GraniteConfig",
        EmbeddingMultiplierKey = "embedding_multiplier",
        ResidualMultiplierKey = "residual_multiplier",
        AttentionMultiplierKey = "attention_multiplier",
        LogitDivisorKey = "logits_scaling",
        Keys =
        [
            ConfigKey.Size("vocab_size", 32000),
            ConfigKey.Size("hidden_size", 4096),
            ConfigKey.Size("intermediate_size", 11008),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 2048),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.PositiveReal("embedding_multiplier", 1),
            ConfigKey.PositiveReal("residual_multiplier", 1),
            ConfigKey.PositiveReal("attention_multiplier", 1),
            ConfigKey.PositiveReal("logits_scaling", 1),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("mlp_bias", false),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 1),
            ConfigKey.TokenIds("eos_token_id", 2),
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
