namespace Assay.Models.Architectures;

/// <summary>Gemma 1: gains of 1 + g, embeddings times √d, wide heads, few keys and values.</summary>
internal static class Gemma
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "gemma",
        CausalClass = "GemmaForCausalLM",
        Source = "GemmaConfig",
        Norm = NormKind.RmsPlusOne,
        EmbeddingTimesRootHidden = true,
        Pinned = [new("use_bidirectional_attention", false, "attention to later tokens")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 256000),
            ConfigKey.Size("hidden_size", 3072),
            ConfigKey.Size("intermediate_size", 24576),
            ConfigKey.Size("num_hidden_layers", 28),
            ConfigKey.Size("num_attention_heads", 16),
            ConfigKey.Size("num_key_value_heads", 16),
            ConfigKey.Size("head_dim", 256),
            ConfigKey.Text("hidden_act", "gelu_pytorch_tanh"),
            ConfigKey.Positions("max_position_embeddings", 8192),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Text("hidden_activation", null),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("tie_word_embeddings", true),
            ConfigKey.TokenId("bos_token_id", 2),
            ConfigKey.TokenIds("eos_token_id", 1),
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
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
