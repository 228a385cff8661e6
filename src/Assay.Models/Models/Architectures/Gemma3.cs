namespace Assay.Models.Architectures;

/// <summary>Gemma 3, its language model: Gemma 2 with norms on heads instead of caps, and layers with a window that rotate by a base of their own.</summary>
internal static class Gemma3
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "gemma3_text",
        CausalClass = "Gemma3ForCausalLM",
        Source = "Gemma3TextConfig",
        Norm = NormKind.RmsPlusOne,
        Windows = WindowRule.AllButEveryNth,
        FullIntervalKey = "_sliding_window_pattern",
        RopeTheta = 1_000_000,
        LocalThetaKey = "rope_local_base_freq",
        LocalTheta = 10000,
        ActivationKey = "hidden_activation",
        QueryScalarKey = "query_pre_attn_scalar",
        AttentionSoftcapKey = "attn_logit_softcapping",
        LogitSoftcapKey = "final_logit_softcapping",
        EmbeddingTimesRootHidden = true,
        Pinned = [new("use_bidirectional_attention", false, "attention to later tokens")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 262208),
            ConfigKey.Size("hidden_size", 2304),
            ConfigKey.Size("intermediate_size", 9216),
            ConfigKey.Size("num_hidden_layers", 26),
            ConfigKey.Size("num_attention_heads", 8),
            ConfigKey.Size("num_key_value_heads", 4),
            ConfigKey.Size("head_dim", 256),
            ConfigKey.Text("hidden_activation", "gelu_pytorch_tanh"),
            ConfigKey.Positions("max_position_embeddings", 131072),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.PositiveReal("query_pre_attn_scalar", 256),
            ConfigKey.PositiveReal("attn_logit_softcapping", 0, nullable: true) with { Default = null },
            ConfigKey.PositiveReal("final_logit_softcapping", 0, nullable: true) with { Default = null },
            ConfigKey.Positions("sliding_window", 4096, nullable: true),
            ConfigKey.Size("_sliding_window_pattern", 6) with { OtherNames = ["sliding_window_pattern"] },
            new("layer_types", ConfigKind.LayerTypes) { Nullable = true },
            ConfigKey.Flag("use_bidirectional_attention", false) with { Nullable = true },
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
            new(TensorPart.QueryNorm, "model.layers.{layer}.self_attn.q_norm", Extent.HeadSize, Extent.None, ResidualRole.Neither),
            new(TensorPart.KeyNorm, "model.layers.{layer}.self_attn.k_norm", Extent.HeadSize, Extent.None, ResidualRole.Neither),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PostAttentionNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.pre_feedforward_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.PostMlpNorm, "model.layers.{layer}.post_feedforward_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
