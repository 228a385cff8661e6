namespace Assay.Models.Architectures;

/// <summary>GPT-NeoX and Pythia: attention and MLP side by side behind norms of their own, or one after the other; query, key and value of a head fused.</summary>
internal static class GptNeox
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "gpt_neox",
        CausalClass = "GPTNeoXForCausalLM",
        Source = "GPTNeoXConfig",
        Prefix = "gpt_neox.",
        Buffers = ["gpt_neox.layers.{layer}.attention.rotary_emb.inv_freq", "gpt_neox.layers.{layer}.attention.bias", "gpt_neox.layers.{layer}.attention.masked_bias"],
        Norm = NormKind.Layer,
        Parallel = "use_parallel_residual",
        FusedByHead = true,
        ThetaKeys = ["rope_theta", "rotary_emb_base"],
        RotaryPart = 0.25,
        RotaryPartKeys = ["partial_rotary_factor", "rotary_pct"],
        EpsilonKey = "layer_norm_eps",
        Keys =
        [
            ConfigKey.Size("vocab_size", 50432),
            ConfigKey.Size("hidden_size", 6144),
            ConfigKey.Size("intermediate_size", 24576),
            ConfigKey.Size("num_hidden_layers", 44),
            ConfigKey.Size("num_attention_heads", 64),
            ConfigKey.Text("hidden_act", "gelu"),
            ConfigKey.Positions("max_position_embeddings", 2048),
            ConfigKey.Real("layer_norm_eps", 1e-5),
            ConfigKey.Flag("use_parallel_residual", true),
            ConfigKey.Flag("attention_bias", true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 0),
            ConfigKey.TokenIds("eos_token_id", 2),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "gpt_neox.embed_in", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "gpt_neox.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.QueryKeyValue, "gpt_neox.layers.{layer}.attention.query_key_value", Extent.QueriesKeysValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Output, "gpt_neox.layers.{layer}.attention.dense", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "gpt_neox.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Up, "gpt_neox.layers.{layer}.mlp.dense_h_to_4h", Extent.Mlp, Extent.Hidden, ResidualRole.Reads, TensorRow.Always),
            new(TensorPart.Down, "gpt_neox.layers.{layer}.mlp.dense_4h_to_h", Extent.Hidden, Extent.Mlp, ResidualRole.Writes, TensorRow.Always),
            new(TensorPart.FinalNorm, "gpt_neox.final_layer_norm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Head, "embed_out", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
