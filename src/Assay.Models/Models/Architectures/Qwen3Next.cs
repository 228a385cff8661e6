using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>Qwen3-Next: linear attention by the gated delta rule in three of four layers, gated softmax attention in the fourth, many experts and one that all tokens use.</summary>
/// <remarks>Tensors of <c>mtp.</c> predict further tokens; transformers leaves them aside (modular_qwen3_next.py, _keys_to_ignore_on_load_unexpected).</remarks>
internal static class Qwen3Next
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "qwen3_next",
        CausalClass = "Qwen3NextForCausalLM",
        Source = "Qwen3NextConfig",
        Norm = NormKind.RmsPlusOne,
        LinearLayers = true,
        FullIntervalKey = "full_attention_interval",
        RotaryPart = 0.25,
        SharedWidthKey = "shared_expert_intermediate_size",
        Unused = ["mtp."],
        Keys =
        [
            ConfigKey.Size("vocab_size", 151936),
            ConfigKey.Size("hidden_size", 2048),
            ConfigKey.Size("intermediate_size", 5632),
            ConfigKey.Size("num_hidden_layers", 48),
            ConfigKey.Size("num_attention_heads", 16),
            ConfigKey.Size("num_key_value_heads", 2),
            ConfigKey.Size("head_dim", 256),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 32768),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Flag("attention_bias", false),
            new("layer_types", ConfigKind.LayerTypes) { Nullable = true },
            ConfigKey.Size("full_attention_interval", 4),
            ConfigKey.Size("linear_conv_kernel_dim", 4),
            ConfigKey.Size("linear_key_head_dim", 128),
            ConfigKey.Size("linear_value_head_dim", 128),
            ConfigKey.Size("linear_num_key_heads", 16),
            ConfigKey.Size("linear_num_value_heads", 32),
            ConfigKey.Size("decoder_sparse_step", 1),
            new("mlp_only_layers", ConfigKind.Indices) { Default = ImmutableArray<int>.Empty, Nullable = true },
            ConfigKey.Count("num_experts", 512) with { OtherNames = ["num_local_experts"] },
            ConfigKey.Size("num_experts_per_tok", 10),
            ConfigKey.Size("moe_intermediate_size", 512),
            ConfigKey.Size("shared_expert_intermediate_size", 512),
            ConfigKey.Flag("norm_topk_prob", true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            ConfigKey.TokenIds("eos_token_id", null),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.DeltaProjection, "model.layers.{layer}.linear_attn.in_proj_qkvz", Extent.DeltaProjection, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.DeltaRates, "model.layers.{layer}.linear_attn.in_proj_ba", Extent.DeltaRates, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.DeltaConvolution, "model.layers.{layer}.linear_attn.conv1d", Extent.DeltaChannels, Extent.None, ResidualRole.Neither) { Axes = [Extent.DeltaChannels, Extent.One, Extent.DeltaTaps] },
            new(TensorPart.DeltaLogRate, "model.layers.{layer}.linear_attn.A_log", Extent.DeltaHeads, Extent.None, ResidualRole.Neither) { Suffix = "" },
            new(TensorPart.DeltaStepBias, "model.layers.{layer}.linear_attn.dt_bias", Extent.DeltaHeads, Extent.None, ResidualRole.Neither) { Suffix = "" },
            new(TensorPart.DeltaNorm, "model.layers.{layer}.linear_attn.norm", Extent.DeltaValueSize, Extent.None, ResidualRole.Neither),
            new(TensorPart.DeltaOutput, "model.layers.{layer}.linear_attn.out_proj", Extent.Hidden, Extent.DeltaValues, ResidualRole.Writes),
            new(TensorPart.QueryGate, "model.layers.{layer}.self_attn.q_proj", Extent.QueriesGates, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
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
            new(TensorPart.SharedGate, "model.layers.{layer}.mlp.shared_expert.gate_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedUp, "model.layers.{layer}.mlp.shared_expert.up_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedDown, "model.layers.{layer}.mlp.shared_expert.down_proj", Extent.Hidden, Extent.SharedMlp, ResidualRole.Writes),
            new(TensorPart.SharedRouter, "model.layers.{layer}.mlp.shared_expert_gate", Extent.One, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
