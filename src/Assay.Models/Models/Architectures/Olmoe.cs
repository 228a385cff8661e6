namespace Assay.Models.Architectures;

/// <summary>OLMoE: routed experts in every layer, norms on all queries and all keys together.</summary>
internal static class Olmoe
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "olmoe",
        CausalClass = "OlmoeForCausalLM",
        Source = "OlmoeConfig",
        NormAcrossHeads = true,
        ExpertWidthKey = "intermediate_size",
        Pinned = [new("clip_qkv", null, "queries, keys and values that are clamped")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 50304),
            ConfigKey.Size("hidden_size", 2048),
            ConfigKey.Size("intermediate_size", 2048),
            ConfigKey.Size("num_hidden_layers", 16),
            ConfigKey.Size("num_attention_heads", 16),
            ConfigKey.Size("num_key_value_heads", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 4096),
            ConfigKey.Real("rms_norm_eps", 1e-5),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.PositiveReal("clip_qkv", 0, nullable: true) with { Default = null },
            ConfigKey.Size("num_experts", 64) with { OtherNames = ["num_local_experts"] },
            ConfigKey.Size("num_experts_per_tok", 8),
            ConfigKey.Flag("norm_topk_prob", false),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            ConfigKey.TokenIds("eos_token_id", 50279),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.QueryNorm, "model.layers.{layer}.self_attn.q_norm", Extent.Queries, Extent.None, ResidualRole.Neither),
            new(TensorPart.KeyNorm, "model.layers.{layer}.self_attn.k_norm", Extent.KeyValues, Extent.None, ResidualRole.Neither),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Router, "model.layers.{layer}.mlp.gate", Extent.Experts, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertGate, "model.layers.{layer}.mlp.experts.{expert}.gate_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertUp, "model.layers.{layer}.mlp.experts.{expert}.up_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertDown, "model.layers.{layer}.mlp.experts.{expert}.down_proj", Extent.Hidden, Extent.ExpertMlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
