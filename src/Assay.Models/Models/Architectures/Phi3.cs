namespace Assay.Models.Architectures;

/// <summary>Phi-3, Phi-3.5 and Phi-4 mini: Llama with queries, keys and values in one tensor and gate and up in another.</summary>
internal static class Phi3
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "phi3",
        CausalClass = "Phi3ForCausalLM",
        Source = "Phi3Config",
        Windows = WindowRule.EveryLayer,
        RotaryPart = 1,
        Keys =
        [
            ConfigKey.Size("vocab_size", 32064),
            ConfigKey.Size("hidden_size", 3072),
            ConfigKey.Size("intermediate_size", 8192),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 4096),
            ConfigKey.Real("rms_norm_eps", 1e-5),
            ConfigKey.Positions("original_max_position_embeddings", 4096),
            ConfigKey.Positions("sliding_window", null, nullable: true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 1),
            ConfigKey.TokenIds("eos_token_id", 32000),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.QueryKeyValue, "model.layers.{layer}.self_attn.qkv_proj", Extent.QueriesKeysValues, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.GateUp, "model.layers.{layer}.mlp.gate_up_proj", Extent.GateUp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
