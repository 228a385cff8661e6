namespace Assay.Models.Architectures;

/// <summary>Cohere Command R: attention and MLP side by side behind one layer norm without bias, neighbours rotated, scaled logits.</summary>
internal static class Cohere
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "cohere",
        CausalClass = "CohereForCausalLM",
        Source = "CohereConfig",
        Norm = NormKind.Layer,
        Parallel = TensorRow.Always,
        RopeTheta = 10000,
        RotatesNeighbours = true,
        EpsilonKey = "layer_norm_eps",
        LogitMultiplierKey = "logit_scale",
        Pinned = [new("use_qk_norm", false, "norms on the heads of queries and keys")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 256000),
            ConfigKey.Size("hidden_size", 8192),
            ConfigKey.Size("intermediate_size", 22528),
            ConfigKey.Size("num_hidden_layers", 40),
            ConfigKey.Size("num_attention_heads", 64),
            ConfigKey.Size("num_key_value_heads", null, nullable: true),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 8192),
            ConfigKey.Real("layer_norm_eps", 1e-5),
            ConfigKey.PositiveReal("logit_scale", 0.0625),
            ConfigKey.Flag("attention_bias", false),
            ConfigKey.Flag("use_qk_norm", false),
            ConfigKey.Flag("tie_word_embeddings", true),
            ConfigKey.TokenId("bos_token_id", 5),
            ConfigKey.TokenIds("eos_token_id", 255001),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "attention_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "attention_bias"),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
