namespace Assay.Models.Architectures;

/// <summary>StarCoder 2: layer norms, biases, an MLP without a gate.</summary>
internal static class Starcoder2
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "starcoder2",
        CausalClass = "Starcoder2ForCausalLM",
        Source = "Starcoder2Config",
        Norm = NormKind.Layer,
        Windows = WindowRule.EveryLayer,
        EpsilonKey = "norm_epsilon",
        Unread = ["layer_norm_epsilon", "norm_type", "scale_attention_softmax_in_fp32", "scale_attn_weights"],
        Keys =
        [
            ConfigKey.Size("vocab_size", 49152),
            ConfigKey.Size("hidden_size", 3072),
            ConfigKey.Size("intermediate_size", 12288),
            ConfigKey.Size("num_hidden_layers", 30),
            ConfigKey.Size("num_attention_heads", 24),
            ConfigKey.Size("num_key_value_heads", 2),
            ConfigKey.Text("hidden_act", "gelu_pytorch_tanh"),
            ConfigKey.Positions("max_position_embeddings", 4096),
            ConfigKey.Real("norm_epsilon", 1e-5),
            ConfigKey.Flag("use_bias", true),
            ConfigKey.Positions("sliding_window", null, nullable: true),
            ConfigKey.Flag("tie_word_embeddings", true),
            ConfigKey.TokenId("bos_token_id", 50256),
            ConfigKey.TokenIds("eos_token_id", 50256),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "use_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "use_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "use_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, "use_bias"),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Up, "model.layers.{layer}.mlp.c_fc", Extent.Mlp, Extent.Hidden, ResidualRole.Reads, "use_bias"),
            new(TensorPart.Down, "model.layers.{layer}.mlp.c_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes, "use_bias"),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
