namespace Assay.Models.Architectures;

/// <summary>DeepSeek V3 and R1: multi-head latent attention, experts in groups chosen by sigmoids and a bias, one that all tokens use.</summary>
/// <remarks>The layer after the last predicts further tokens; transformers leaves it aside (modeling_deepseek_v3.py, _keys_to_ignore_on_load_unexpected).</remarks>
internal static class DeepseekV3
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "deepseek_v3",
        CausalClass = "DeepseekV3ForCausalLM",
        Source = "DeepseekV3Config",
        LatentEpsilon = 1e-6,
        ExpertsKey = "n_routed_experts",
        Routing = RoutingKind.Sigmoid,
        Unused = ["model.layers.61."],
        Pinned =
        [
            new("scoring_func", "sigmoid", "experts chosen by another function"),
            new("topk_method", "noaux_tc", "experts chosen in another way"),
            new("moe_layer_freq", 1, "dense layers among those with experts"),
            new("pretraining_tp", 1, "products cut into slices, which current transformers no longer does"),
        ],
        Keys =
        [
            ConfigKey.Size("vocab_size", 129280),
            ConfigKey.Size("hidden_size", 7168),
            ConfigKey.Size("intermediate_size", 18432),
            ConfigKey.Size("num_hidden_layers", 61),
            ConfigKey.Size("num_attention_heads", 128),
            ConfigKey.Size("num_key_value_heads", 128, nullable: true),
            ConfigKey.Size("head_dim", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 4096),
            ConfigKey.Real("rms_norm_eps", 1e-6),
            ConfigKey.Size("q_lora_rank", 1536, nullable: true),
            ConfigKey.Size("kv_lora_rank", 512),
            ConfigKey.Size("qk_nope_head_dim", 128),
            ConfigKey.Size("qk_rope_head_dim", 64),
            ConfigKey.Size("v_head_dim", 128),
            ConfigKey.Size("qk_head_dim", null, nullable: true),
            ConfigKey.Flag("rope_interleave", true),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Size("n_routed_experts", 256) with { OtherNames = ["num_local_experts", "num_experts"] },
            ConfigKey.Size("n_shared_experts", 1),
            ConfigKey.Size("num_experts_per_tok", 8),
            ConfigKey.Size("moe_intermediate_size", 2048),
            ConfigKey.Count("first_k_dense_replace", 3),
            ConfigKey.Flag("norm_topk_prob", true),
            ConfigKey.PositiveReal("routed_scaling_factor", 2.5),
            ConfigKey.Size("n_group", 8),
            ConfigKey.Size("topk_group", 4),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 0),
            ConfigKey.TokenIds("eos_token_id", 1),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, If: "!q_lora_rank"),
            new(TensorPart.QueryDown, "model.layers.{layer}.self_attn.q_a_proj", Extent.QueryRank, Extent.Hidden, ResidualRole.Reads, "attention_bias", If: "q_lora_rank"),
            new(TensorPart.QueryDownNorm, "model.layers.{layer}.self_attn.q_a_layernorm", Extent.QueryRank, Extent.None, ResidualRole.Neither, If: "q_lora_rank"),
            new(TensorPart.QueryUp, "model.layers.{layer}.self_attn.q_b_proj", Extent.Queries, Extent.QueryRank, ResidualRole.Neither, If: "q_lora_rank"),
            new(TensorPart.KeyValueDown, "model.layers.{layer}.self_attn.kv_a_proj_with_mqa", Extent.KeyValueDown, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.KeyValueDownNorm, "model.layers.{layer}.self_attn.kv_a_layernorm", Extent.KeyValueRank, Extent.None, ResidualRole.Neither),
            new(TensorPart.KeyValueUp, "model.layers.{layer}.self_attn.kv_b_proj", Extent.KeyValueUp, Extent.KeyValueRank, ResidualRole.Neither),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Mixed, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.Router, "model.layers.{layer}.mlp.gate", Extent.Experts, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertGate, "model.layers.{layer}.mlp.experts.{expert}.gate_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertUp, "model.layers.{layer}.mlp.experts.{expert}.up_proj", Extent.ExpertMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.ExpertDown, "model.layers.{layer}.mlp.experts.{expert}.down_proj", Extent.Hidden, Extent.ExpertMlp, ResidualRole.Writes),
            new(TensorPart.ChoiceBias, "model.layers.{layer}.mlp.gate", Extent.Experts, Extent.None, ResidualRole.Neither) { Suffix = ".e_score_correction_bias" },
            new(TensorPart.SharedGate, "model.layers.{layer}.mlp.shared_experts.gate_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedUp, "model.layers.{layer}.mlp.shared_experts.up_proj", Extent.SharedMlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.SharedDown, "model.layers.{layer}.mlp.shared_experts.down_proj", Extent.Hidden, Extent.SharedMlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
