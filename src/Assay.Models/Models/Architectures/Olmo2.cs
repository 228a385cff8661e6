namespace Assay.Models.Architectures;

/// <summary>OLMo 2: norms after the sub-layers only, and on all queries and all keys together.</summary>
internal static class Olmo2
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "olmo2",
        CausalClass = "Olmo2ForCausalLM",
        Source = "Olmo2Config",
        RopeTheta = 10000,
        NormAcrossHeads = true,
        Keys =
        [
            ConfigKey.Size("vocab_size", 50304),
            ConfigKey.Size("hidden_size", 4096),
            ConfigKey.Size("intermediate_size", 11008),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 2048),
            ConfigKey.Real("rms_norm_eps", 1e-5),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            ConfigKey.TokenIds("eos_token_id", 50279),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.QueryNorm, "model.layers.{layer}.self_attn.q_norm", Extent.Queries, Extent.None, ResidualRole.Neither),
            new(TensorPart.KeyNorm, "model.layers.{layer}.self_attn.k_norm", Extent.KeyValues, Extent.None, ResidualRole.Neither),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PostAttentionNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.PostMlpNorm, "model.layers.{layer}.post_feedforward_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
