namespace Assay.Models.Architectures;

/// <summary>Mistral 7B and Nemo: Llama with a window on every layer, or none.</summary>
internal static class Mistral
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "mistral",
        CausalClass = "MistralForCausalLM",
        Source = "MistralConfig",
        Windows = WindowRule.EveryLayer,
        Keys =
        [
            ConfigKey.Size("vocab_size", 32000),
            ConfigKey.Size("hidden_size", 4096),
            ConfigKey.Size("intermediate_size", 14336),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", 8, nullable: true),
            ConfigKey.Size("head_dim", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 131072),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Positions("sliding_window", 4096, nullable: true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 1),
            ConfigKey.TokenIds("eos_token_id", 2),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
