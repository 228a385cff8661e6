namespace Assay.Models.Architectures;

/// <summary>GPT-OSS: attention sinks, a window in every other layer, experts in tensors that hold them all, a clamped SwiGLU.</summary>
internal static class GptOss
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "gpt_oss",
        CausalClass = "GptOssForCausalLM",
        Source = "GptOssConfig",
        Windows = WindowRule.EvenLayers,
        RopeTheta = 150_000,
        RopeDefault = new RopeSpec { Kind = RopeKind.Yarn, Theta = 0, Factor = 32, BetaFast = 32, BetaSlow = 1, OriginalMaxPositions = 4096, AttentionFactor = .1 * Math.Log(32) + 1 },
        ExpertsKey = "num_local_experts",
        ExpertWidthKey = "intermediate_size",
        NormaliseKey = null,
        Routing = RoutingKind.SoftmaxOfChosen,
        FixedActivation = Activation.ClampedSwiglu,
        Pinned = [new("hidden_act", "silu", "another activation than the clamped one, which no version computes")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 201088),
            ConfigKey.Size("hidden_size", 2880),
            ConfigKey.Size("intermediate_size", 2880),
            ConfigKey.Size("num_hidden_layers", 36),
            ConfigKey.Size("num_attention_heads", 64),
            ConfigKey.Size("num_key_value_heads", 8),
            ConfigKey.Size("head_dim", 64),
            ConfigKey.Positions("max_position_embeddings", 131072),
            ConfigKey.Real("rms_norm_eps", 1e-5),
            ConfigKey.Flag("attention_bias", true),
            ConfigKey.Positions("sliding_window", 128, nullable: true),
            new("layer_types", ConfigKind.LayerTypes) { Nullable = true },
            ConfigKey.Size("num_local_experts", 128) with { OtherNames = ["num_experts"] },
            ConfigKey.Size("num_experts_per_tok", 4) with { OtherNames = ["experts_per_token"] },
            ConfigKey.PositiveReal("swiglu_alpha", 1.702),
            ConfigKey.PositiveReal("swiglu_limit", 7),
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
            new(TensorPart.Sinks, "model.layers.{layer}.self_attn.sinks", Extent.Heads, Extent.None, ResidualRole.Neither) { Suffix = "" },
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Router, "model.layers.{layer}.mlp.router", Extent.Experts, Extent.Hidden, ResidualRole.Reads, TensorRow.Always),
            new(TensorPart.ExpertsGateUp, "model.layers.{layer}.mlp.experts.gate_up_proj", Extent.ExpertGateUp, Extent.Hidden, ResidualRole.Reads, TensorRow.Always, Transposed: true) { Suffix = "", BiasSuffix = "_bias", Axes = [Extent.Experts, Extent.Hidden, Extent.ExpertGateUp] },
            new(TensorPart.ExpertsDown, "model.layers.{layer}.mlp.experts.down_proj", Extent.Hidden, Extent.ExpertMlp, ResidualRole.Writes, TensorRow.Always, Transposed: true) { Suffix = "", BiasSuffix = "_bias", Axes = [Extent.Experts, Extent.ExpertMlp, Extent.Hidden] },
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
