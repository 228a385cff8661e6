using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>Qwen 3 with routed experts in all layers but those that <c>mlp_only_layers</c> and <c>decoder_sparse_step</c> leave dense.</summary>
internal static class Qwen3Moe
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "qwen3_moe",
        CausalClass = "Qwen3MoeForCausalLM",
        Source = "Qwen3MoeConfig",
        Windows = WindowRule.EveryLayerIfUsed,
        Unread = ["max_window_layers"],
        Keys =
        [
            ConfigKey.Size("vocab_size", 151936),
            ConfigKey.Size("hidden_size", 2048),
            ConfigKey.Size("intermediate_size", 6144),
            ConfigKey.Size("num_hidden_layers", 24),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", 4),
            ConfigKey.Size("head_dim", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 32768),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("use_sliding_window", false),
            ConfigKey.Positions("sliding_window", 4096, nullable: true),
            ConfigKey.Size("decoder_sparse_step", 1),
            new("mlp_only_layers", ConfigKind.Indices) { Default = ImmutableArray<int>.Empty, Nullable = true },
            ConfigKey.Count("num_experts", 128) with { OtherNames = ["num_local_experts"] },
            ConfigKey.Size("num_experts_per_tok", 8),
            ConfigKey.Size("moe_intermediate_size", 768),
            ConfigKey.Flag("norm_topk_prob", false),
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
            new(TensorPart.Router, "model.layers.{layer}.mlp.gate", Extent.Experts, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertGate, "model.layers.{layer}.mlp.experts.{expert}.gate_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertUp, "model.layers.{layer}.mlp.experts.{expert}.up_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertDown, "model.layers.{layer}.mlp.experts.{expert}.down_proj", Extent.Hidden, Extent.ExpertMlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
