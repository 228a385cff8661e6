using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>GLM-4 (0414): norms before and after each sub-layer, half of a head rotated by neighbours, gate and up in one tensor.</summary>
internal static class Glm4
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "glm4",
        CausalClass = "Glm4ForCausalLM",
        Source = "Glm4Config",
        RotaryPart = 0.5,
        RotatesNeighbours = true,
        Keys =
        [
            ConfigKey.Size("vocab_size", 151552),
            ConfigKey.Size("hidden_size", 4096),
            ConfigKey.Size("intermediate_size", 13696),
            ConfigKey.Size("num_hidden_layers", 40),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", 2),
            ConfigKey.Size("head_dim", 128),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 131072),
            ConfigKey.Real("rms_norm_eps", 1.5625e-7),
            ConfigKey.Flag("attention_bias", true),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", null),
            new("eos_token_id", ConfigKind.TokenIds) { Default = ImmutableArray.Create(151329, 151336, 151338), Nullable = true },
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes),
            new(TensorPart.PostAttentionNorm, "model.layers.{layer}.post_self_attn_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.GateUp, "model.layers.{layer}.mlp.gate_up_proj", Extent.GateUp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.PostMlpNorm, "model.layers.{layer}.post_mlp_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
