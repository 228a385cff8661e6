using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>Qwen 1.5 and 2 with routed experts and one that all tokens use, weighed by a sigmoid.</summary>
internal static class Qwen2Moe
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "qwen2_moe",
        CausalClass = "Qwen2MoeForCausalLM",
        Source = "Qwen2MoeConfig",
        SharedWidthKey = "shared_expert_intermediate_size",
        Pinned = [new("use_sliding_window", false, "a window, which versions of transformers lay over different layers")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 151936),
            ConfigKey.Size("hidden_size", 2048),
            ConfigKey.Size("intermediate_size", 5632),
            ConfigKey.Size("num_hidden_layers", 24),
            ConfigKey.Size("num_attention_heads", 16),
            ConfigKey.Size("num_key_value_heads", 16),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 32768),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("use_sliding_window", false),
            new("sliding_window", ConfigKind.Count) { Default = 4096, Nullable = true },
            ConfigKey.Count("max_window_layers", 28),
            ConfigKey.Size("decoder_sparse_step", 1),
            new("mlp_only_layers", ConfigKind.Indices) { Default = ImmutableArray<int>.Empty, Nullable = true },
            ConfigKey.Count("num_experts", 60) with { OtherNames = ["num_local_experts"] },
            ConfigKey.Size("num_experts_per_tok", 4),
            ConfigKey.Size("moe_intermediate_size", 1408),
            ConfigKey.Size("shared_expert_intermediate_size", 5632),
            ConfigKey.Flag("norm_topk_prob", false),
            ConfigKey.Flag("qkv_bias", true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            ConfigKey.TokenIds("eos_token_id", null),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "qkv_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "qkv_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "qkv_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.Router, "model.layers.{layer}.mlp.gate", Extent.Experts, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertGate, "model.layers.{layer}.mlp.experts.{expert}.gate_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertUp, "model.layers.{layer}.mlp.experts.{expert}.up_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertDown, "model.layers.{layer}.mlp.experts.{expert}.down_proj", Extent.Hidden, Extent.ExpertMlp, ResidualRole.Writes),
            new(TensorPart.SharedGate, "model.layers.{layer}.mlp.shared_expert.gate_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedUp, "model.layers.{layer}.mlp.shared_expert.up_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedDown, "model.layers.{layer}.mlp.shared_expert.down_proj", Extent.Hidden, Extent.SharedMlp, ResidualRole.Writes),
            new(TensorPart.SharedRouter, "model.layers.{layer}.mlp.shared_expert_gate", Extent.One, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
