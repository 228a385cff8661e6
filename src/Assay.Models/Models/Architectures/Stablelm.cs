namespace Assay.Models.Architectures;

/// <summary>StableLM: layer norms, a quarter of a head rotated; attention and MLP side by side where the config says so.</summary>
internal static class Stablelm
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "stablelm",
        CausalClass = "StableLmForCausalLM",
        Source = "StableLmConfig",
        Norm = NormKind.Layer,
        Parallel = "use_parallel_residual",
        RotaryPart = 0.25,
        Unread = ["rotary_scaling_factor"],
        EpsilonKey = "layer_norm_eps",
        Pinned = [new("qk_layernorm", false, "layer norms with parameters of their own for every head")],
        Keys =
        [
            ConfigKey.Size("vocab_size", 50304),
            ConfigKey.Size("hidden_size", 2560),
            ConfigKey.Size("intermediate_size", 6912),
            ConfigKey.Size("num_hidden_layers", 32),
            ConfigKey.Size("num_attention_heads", 32),
            ConfigKey.Size("num_key_value_heads", 32),
            ConfigKey.Text("hidden_act", "silu"),
            ConfigKey.Positions("max_position_embeddings", 4096),
            ConfigKey.Real("layer_norm_eps", 1e-5),
            ConfigKey.Flag("use_qkv_bias", false),
            ConfigKey.Flag("qk_layernorm", false),
            ConfigKey.Flag("use_parallel_residual", false),
            ConfigKey.Flag("tie_word_embeddings", false),
            ConfigKey.TokenId("bos_token_id", 0),
            ConfigKey.TokenIds("eos_token_id", 0),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "model.embed_tokens", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "model.layers.{layer}.input_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Query, "model.layers.{layer}.self_attn.q_proj", Extent.Queries, Extent.Hidden, ResidualRole.Reads, "use_qkv_bias"),
            new(TensorPart.Key, "model.layers.{layer}.self_attn.k_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "use_qkv_bias"),
            new(TensorPart.Value, "model.layers.{layer}.self_attn.v_proj", Extent.KeyValues, Extent.Hidden, ResidualRole.Reads, "use_qkv_bias"),
            new(TensorPart.Output, "model.layers.{layer}.self_attn.o_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes),
            new(TensorPart.PreMlpNorm, "model.layers.{layer}.post_attention_layernorm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always, If: "!use_parallel_residual"),
            new(TensorPart.Gate, "model.layers.{layer}.mlp.gate_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Up, "model.layers.{layer}.mlp.up_proj", Extent.Mlp, Extent.Hidden, ResidualRole.Reads),
            new(TensorPart.Down, "model.layers.{layer}.mlp.down_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes),
            new(TensorPart.FinalNorm, "model.norm", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
