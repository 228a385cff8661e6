namespace Assay.Models.Architectures;

/// <summary>GPT-2: learned positions, layer norms, biases everywhere, matrices stored (in, out), a tied head.</summary>
/// <remarks><c>reorder_and_upcast_attn</c> changes only where 16-bit arithmetic would round, so it does not touch a float32 pass.</remarks>
internal static class Gpt2
{
    internal static ArchitectureTable Table { get; } = new()
    {
        ModelType = "gpt2",
        CausalClass = "GPT2LMHeadModel",
        Source = "GPT2Config",
        Prefix = "transformer.",
        Buffers = ["transformer.h.{layer}.attn.bias", "transformer.h.{layer}.attn.masked_bias"],
        Norm = NormKind.Layer,
        RopeTheta = null,
        HiddenKey = "n_embd",
        LayersKey = "n_layer",
        HeadsKey = "n_head",
        PositionsKey = "n_positions",
        MlpKey = "n_inner",
        EpsilonKey = "layer_norm_epsilon",
        ActivationKey = "activation_function",
        Keys =
        [
            ConfigKey.Size("vocab_size", 50257),
            ConfigKey.Size("n_embd", 768) with { OtherNames = ["hidden_size"] },
            ConfigKey.Size("n_inner", null, nullable: true),
            ConfigKey.Size("n_layer", 12) with { OtherNames = ["num_hidden_layers"] },
            ConfigKey.Size("n_head", 12) with { OtherNames = ["num_attention_heads"] },
            ConfigKey.Size("n_positions", 1024) with { OtherNames = ["max_position_embeddings"] },
            ConfigKey.Text("activation_function", "gelu_new"),
            ConfigKey.Real("layer_norm_epsilon", 1e-5),
            ConfigKey.Flag("scale_attn_weights", true),
            ConfigKey.Flag("scale_attn_by_inverse_layer_idx", false),
            ConfigKey.Flag("tie_word_embeddings", true),
            ConfigKey.TokenId("bos_token_id", 50256),
            ConfigKey.TokenIds("eos_token_id", 50256),
        ],
        Rows =
        [
            new(TensorPart.Embedding, "transformer.wte", Extent.Vocabulary, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PositionEmbedding, "transformer.wpe", Extent.Positions, Extent.Hidden, ResidualRole.Writes),
            new(TensorPart.PreAttentionNorm, "transformer.h.{layer}.ln_1", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.QueryKeyValue, "transformer.h.{layer}.attn.c_attn", Extent.QueriesKeysValues, Extent.Hidden, ResidualRole.Reads, TensorRow.Always, Transposed: true),
            new(TensorPart.Output, "transformer.h.{layer}.attn.c_proj", Extent.Hidden, Extent.Queries, ResidualRole.Writes, TensorRow.Always, Transposed: true),
            new(TensorPart.PreMlpNorm, "transformer.h.{layer}.ln_2", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Up, "transformer.h.{layer}.mlp.c_fc", Extent.Mlp, Extent.Hidden, ResidualRole.Reads, TensorRow.Always, Transposed: true),
            new(TensorPart.Down, "transformer.h.{layer}.mlp.c_proj", Extent.Hidden, Extent.Mlp, ResidualRole.Writes, TensorRow.Always, Transposed: true),
            new(TensorPart.FinalNorm, "transformer.ln_f", Extent.Hidden, Extent.None, ResidualRole.Neither, TensorRow.Always),
            new(TensorPart.Head, "lm_head", Extent.Vocabulary, Extent.Hidden, ResidualRole.Reads),
        ],
    };
}
