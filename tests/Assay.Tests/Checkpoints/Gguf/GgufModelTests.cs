using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;

namespace Assay.Tests.Checkpoints.Gguf;

/// <summary>GGUF models made by hand: parts, defaults, and what is refused.</summary>
public sealed class GgufModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static float[] Some(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 19 - 9) * .05f)];

    private static GgufWriter Head(GgufWriter? to = null, string architecture = "qwen2") => (to ?? new GgufWriter()).Text("general.architecture", architecture).U32($"{architecture}.context_length", 32).U32($"{architecture}.embedding_length", 8)
        .U32($"{architecture}.block_count", 1).U32($"{architecture}.feed_forward_length", 8).U32($"{architecture}.attention.head_count", 2).F32($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f).Text("tokenizer.ggml.model", "none");

    private static readonly (string Name, long[] Shape)[] Layout =
    [
        ("token_embd.weight", [20, 8]), ("output_norm.weight", [8]), ("blk.0.attn_norm.weight", [8]), ("blk.0.ffn_norm.weight", [8]), ("blk.0.attn_q.weight", [8, 8]), ("blk.0.attn_k.weight", [8, 8]), ("blk.0.attn_v.weight", [8, 8]),
        ("blk.0.attn_q.bias", [8]), ("blk.0.attn_k.bias", [8]), ("blk.0.attn_v.bias", [8]), ("blk.0.attn_output.weight", [8, 8]), ("blk.0.ffn_gate.weight", [8, 8]), ("blk.0.ffn_up.weight", [8, 8]), ("blk.0.ffn_down.weight", [8, 8]),
    ];

    private static GgufWriter Weights(GgufWriter to, int from = 0, int end = 99)
    {
        foreach (var (name, shape) in Layout.Skip(from).Take(end - from)) to.Tensor(name, shape, Some((int)shape.Aggregate(1L, (a, b) => a * b)));
        return to;
    }

    private string Refused(GgufWriter file) => Assert.Throws<InvalidInputException>(() => LanguageModel.Open(folder.Write("x.gguf", file.ToBytes())).Dispose()).Message;

    private static GgufWriter Part(int number, int count, GgufWriter to) => to.U16("split.no", (ushort)(number - 1)).U16("split.count", (ushort)count).I32("split.tensors.count", Layout.Length);

    [Fact]
    public void Parts_make_the_whole_whichever_is_given()
    {
        var whole = folder.Write("w.gguf", Weights(Head()).ToBytes());
        var first = folder.Write("m-00001-of-00003.gguf", Weights(Part(1, 3, Head()), 0, 3).ToBytes());
        folder.Write("m-00002-of-00003.gguf", Weights(Part(2, 3, new GgufWriter()), 3, 9).ToBytes());
        var last = folder.Write("m-00003-of-00003.gguf", Weights(Part(3, 3, new GgufWriter()), 9).ToBytes());
        using var expected = LanguageModel.Open(whole);
        int[] ids = [1, 7, 19];
        foreach (var path in new[] { first, last })
        {
            using var model = LanguageModel.Open(path);
            Assert.Equal(expected.Logits(ids), model.Logits(ids));
        }
        File.Delete(folder["m-00002-of-00003.gguf"]);
        Assert.Contains("m-00002-of-00003.gguf: no such file; the model has 3 parts", Assert.Throws<InvalidInputException>(() => Checkpoint.Open(first)).Message, StringComparison.Ordinal);
        File.Move(folder["m-00003-of-00003.gguf"], folder["m-00002-of-00003.gguf"]);
        folder.Write("m-00003-of-00003.gguf", Weights(Part(3, 3, new GgufWriter()), 9).ToBytes());
        Assert.Contains("'split.no' is 2", Assert.Throws<InvalidInputException>(() => Checkpoint.Open(first)).Message, StringComparison.Ordinal);
        Assert.Contains("is one of 3 parts", Refused(Weights(Part(1, 3, Head()))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_keeps_the_part_that_holds_no_tensor()
    {
        var first = folder.Write("parts/m-00001-of-00002.gguf", Part(1, 2, Head()).ToBytes());
        var second = folder.Write("parts/m-00002-of-00002.gguf", Weights(Part(2, 2, new GgufWriter())).ToBytes());
        using var model = EditableModel.Open(second);
        WeightEdit[] plan = [new(new Direction { Estimator = "given", Vectors = [1, 0, 0, 0, 0, 0, 0, 0] }, EditPlaces.Window(model.Config.Spec, 0, 0))];
        MergedCheckpoint.Write(model, plan, folder["edited"]);
        Assert.Equal(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], Directory.EnumerateFileSystemEntries(folder["edited"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(folder["edited/m-00001-of-00002.gguf"]));
        using (var edited = LanguageModel.Open(folder["edited/m-00001-of-00002.gguf"])) Assert.Single(edited.Spec.Layers);
        // The folder that it is read from is no target.
        Assert.Contains("that is edited", Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, plan, folder["parts"], overwrite: true)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(first) && File.Exists(second));
    }

    /// <summary>Mixtures of block types, as llama-quantize writes them: what is computed is what the decoded values compute as float32.</summary>
    [Fact]
    public void A_mixture_of_block_types_computes_what_its_values_do()
    {
        (string Name, long Rows, DType Type, uint Number)[] matrices =
        [
            ("token_embd", 32, DType.IQ4_XS, 23), ("output", 32, DType.Q6_K, 14),
            ("blk.0.attn_q", 256, DType.IQ2_S, 22), ("blk.0.attn_k", 128, DType.IQ3_XXS, 18), ("blk.0.attn_v", 128, DType.IQ4_NL, 20),
                ("blk.0.attn_output", 256, DType.IQ3_S, 21), ("blk.0.ffn_gate", 256, DType.IQ1_M, 29),
            ("blk.0.ffn_up", 256, DType.MXFP4, 39), ("blk.0.ffn_down", 256, DType.TQ1_0, 34), ("blk.1.attn_q", 256, DType.IQ2_XXS, 16),
                ("blk.1.attn_k", 128, DType.IQ2_XS, 17), ("blk.1.attn_v", 128, DType.Q4_K, 12),
            ("blk.1.attn_output", 256, DType.IQ1_S, 19), ("blk.1.ffn_gate", 256, DType.TQ2_0, 35), ("blk.1.ffn_up", 256, DType.Q2_K, 10),
                ("blk.1.ffn_down", 256, DType.IQ4_NL, 20),
        ];
        var random = new Random(5);
        GgufWriter Start() => new GgufWriter().Text("general.architecture", "llama").U32("llama.context_length", 32).U32("llama.embedding_length", 256)
            .U32("llama.block_count", 2).U32("llama.feed_forward_length", 256)
            .U32("llama.attention.head_count", 4).U32("llama.attention.head_count_kv", 2).F32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .Text("tokenizer.ggml.model", "none");
        var (blocks, floats) = (Start(), Start());
        foreach (var name in (string[])["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm", "blk.1.attn_norm", "blk.1.ffn_norm"])
        {
            blocks.Tensor(name + ".weight", [256], Some(256));
            floats.Tensor(name + ".weight", [256], Some(256));
        }
        foreach (var (name, rows, type, number) in matrices)
        {
            var (bytes, values) = Blocks(type, (int)(rows * 256 / type.BlockElements()), random);
            blocks.Tensor(name + ".weight", [rows, 256], number, bytes);
            floats.Tensor(name + ".weight", [rows, 256], values);
        }
        using var mixed = LanguageModel.Open(folder.Write("mixed.gguf", blocks.ToBytes()));
        using var plain = LanguageModel.Open(folder.Write("plain.gguf", floats.ToBytes()));
        int[] ids = [1, 7, 19, 30, 2, 2];
        var logits = mixed.Logits(ids);
        Assert.All(logits, x => Assert.True(float.IsFinite(x)));
        Assert.True(logits.Distinct().Count() > 100);
        Assert.Equal(plain.Logits(ids), logits);
        Assert.Equal(logits, mixed.Logits(ids)); // From kept panels too.
    }

    /// <summary>Random blocks whose values are moderate, and these values by the slow reference.</summary>
    private static unsafe (byte[] Bytes, float[] Values) Blocks(DType type, int count, Random random)
    {
        var (bytes, values) = (new byte[count * type.BlockBytes()], new float[count * type.BlockElements()]);
        fixed (byte* from = bytes)
        fixed (float* to = values)
        {
            for (var b = 0; b < count;)
            {
                random.NextBytes(bytes.AsSpan(b * type.BlockBytes(), type.BlockBytes()));
                BlockReference.Decode(type, from + b * type.BlockBytes(), to + b * type.BlockElements());
                if (values.AsSpan(b * type.BlockElements(), type.BlockElements()).ToArray().All(v => Math.Abs(v) < 2)) b++;
            }
        }
        return (bytes, values);
    }

    [Fact]
    public void A_folder_with_one_gguf_model_is_that_model()
    {
        folder.Write("f/m.gguf", Weights(Head()).ToBytes());
        using (var model = LanguageModel.Open(folder["f"])) Assert.Equal("qwen2", model.Config.ModelType);
        folder.Write("f/n.gguf", Weights(Head()).ToBytes());
        Assert.Contains("give the file that is meant", Assert.Throws<InvalidInputException>(() => Checkpoint.Open(folder["f"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Absent_keys_take_llama_cpps_values_and_are_shown_as_defaulted()
    {
        using var model = LanguageModel.Open(folder.Write("x.gguf", Weights(Head()).ToBytes()));
        foreach (var (key, value) in new[] { ("num_key_value_heads", "2"), ("rope_theta", "10000"), ("tie_word_embeddings", "true"), ("vocab_size", "20"), ("use_sliding_window", "false") })
        {
            var resolved = model.Config.Resolved.Single(r => r.Key == key);
            Assert.Equal((value, ValueSource.Defaulted), (resolved.Value, resolved.Source));
            Assert.False(string.IsNullOrEmpty(resolved.Detail));
        }
        Assert.Equal(ValueSource.Given, model.Config.Resolved.Single(r => r.Key == "hidden_size").Source);
    }

    [Fact]
    public void What_is_not_understood_is_refused_by_key_and_value()
    {
        Assert.Contains("'general.architecture' is 'mamba'", Refused(Weights(Head(null, "mamba"))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.attention.new_thing' (3)", Refused(Weights(Head().U32("qwen2.attention.new_thing", 3))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.attention.causal' is false", Refused(Weights(Head().Flag("qwen2.attention.causal", false))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.rope.dimension_count' is 2", Refused(Weights(Head().U32("qwen2.rope.dimension_count", 2))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.rope.scaling.type' is 'spiral'", Refused(Weights(Head().Text("qwen2.rope.scaling.type", "spiral"))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.vocab_size' is 21", Refused(Weights(Head().U32("qwen2.vocab_size", 21))), StringComparison.Ordinal);
        Assert.Contains("tensor 'blk.0.extra.weight' is not one of 'qwen2'", Refused(Weights(Head()).Tensor("blk.0.extra.weight", [1], 1f)), StringComparison.Ordinal);
        Assert.Contains("tensor 'blk.1.attn_q.weight' is not one of 'qwen2'", Refused(Weights(Head()).Tensor("blk.1.attn_q.weight", [8, 8], Some(64))), StringComparison.Ordinal);
        Assert.Contains("'general.type' is 'adapter'", Refused(Weights(Head().Text("general.type", "adapter"))), StringComparison.Ordinal);
        Assert.Contains("'qwen2.block_count' is missing", Refused(new GgufWriter().Text("general.architecture", "qwen2")), StringComparison.Ordinal);
        Assert.Contains("self_attn.k_proj.weight' is missing", Refused(Weights(Head(), 0, 5)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1u << 24), InlineData(uint.MaxValue), InlineData(15u)]
    public void Blocks_that_nothing_is_stored_of_are_not_built(uint blocks)
    {
        var file = new GgufWriter().Text("general.architecture", "qwen2").U32("qwen2.context_length", 32).U32("qwen2.embedding_length", 8).U32("qwen2.block_count", blocks).U32("qwen2.feed_forward_length", 8)
            .U32("qwen2.attention.head_count", 2).F32("qwen2.attention.layer_norm_rms_epsilon", 1e-5f);
        Assert.Contains($"'qwen2.block_count' is {blocks}; 14 tensors are there", Refused(Weights(file)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1u << 24), InlineData(3u)]
    public void Experts_are_as_many_as_are_stored(uint experts)
    {
        var file = Head(null, "qwen3moe").U32("qwen3moe.expert_count", experts).U32("qwen3moe.expert_used_count", 1).Tensor("blk.0.ffn_gate_exps.weight", [2, 4, 8], Some(64));
        Assert.Contains($"'blk.0.ffn_gate_exps.weight' has shape [2, 4, 8]; metadata 'qwen3moe.expert_count' is {experts}", Refused(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "default")]
    [InlineData(null, 4f, "linear")] // llama.cpp divides where no type is named.
    [InlineData("none", 4f, "default")]
    [InlineData("linear", 4f, "linear")]
    [InlineData("yarn", 4f, "yarn")]
    public void Rotations_are_those_that_llama_cpp_takes(string? type, float? factor, string expected)
    {
        var file = Head();
        if (type is not null) file.Text("qwen2.rope.scaling.type", type);
        if (factor is { } f) file.F32("qwen2.rope.scaling.factor", f);
        using var model = LanguageModel.Open(folder.Write("x.gguf", Weights(file).ToBytes()));
        Assert.Equal(expected, model.Config.Resolved.Single(r => r.Key == "rope_type").Value);
        if (expected != "default") Assert.Equal(4, model.Spec.Layers[0].Attention!.Rope!.Factor);
    }

    [Fact]
    public void Factors_of_wavelengths_stretch_every_length_alike()
    {
        using var plain = LanguageModel.Open(folder.Write("p.gguf", Weights(Head()).ToBytes()));
        using var model = LanguageModel.Open(folder.Write("x.gguf", Weights(Head()).Tensor("rope_freqs.weight", [2], 1, 3).ToBytes()));
        var rope = model.Spec.Layers[0].Attention!.Rope!;
        Assert.Equal([1.0, 3], rope.ShortFactors);
        Assert.Equal([1.0, 3], rope.LongFactors);
        Assert.Equal(1, rope.AttentionFactor);
        Assert.NotEqual(plain.Logits(new[] { 3, 4, 5 }), model.Logits(new[] { 3, 4, 5 }));
        Assert.Contains("has 3 values; expected one for each pair of rotated entries, 2", Refused(Weights(Head()).Tensor("rope_freqs.weight", [3], 1, 2, 3)), StringComparison.Ordinal);
    }

    [Fact]
    public void Recommended_sampling_is_the_generation_config()
    {
        using var model = LanguageModel.Open(folder.Write("x.gguf", Weights(Head()).F32("general.sampling.temp", .6f).I32("general.sampling.top_k", 20).U32("tokenizer.ggml.eos_token_id", 3).U32("tokenizer.ggml.eot_token_id", 4).ToBytes()));
        Assert.Equal([3, 4], model.Generation.EosTokenIds);
        Assert.Equal(.6, model.Generation.Sampling!.Temperature, 6);
        Assert.Equal(20, model.Generation.Sampling.TopK);
    }

    private string TokenizerRefused(GgufWriter file)
    {
        using var checkpoint = Checkpoint.Open(folder.Write("v.gguf", file.ToBytes()));
        return Assert.Throws<InvalidInputException>(() => checkpoint.ReadText("tokenizer.json")).Message;
    }

    private static GgufWriter Vocabulary(string model, string? pre)
    {
        var file = new GgufWriter().Text("general.architecture", "gpt2").U32("gpt2.context_length", 8).U32("gpt2.embedding_length", 8).U32("gpt2.block_count", 1).U32("gpt2.feed_forward_length", 8).U32("gpt2.attention.head_count", 1)
            .F32("gpt2.attention.layer_norm_epsilon", 1e-5f).Text("tokenizer.ggml.model", model).Texts("tokenizer.ggml.tokens", "a", "b", "ab");
        return pre is null ? file : file.Text("tokenizer.ggml.pre", pre);
    }

    [Fact]
    public void Vocabularies_that_are_not_known_are_refused()
    {
        Assert.Contains("'tokenizer.ggml.pre' is 'nonsense', which is not known; known: a.x-4.0, codeshell", TokenizerRefused(Vocabulary("gpt2", "nonsense").Texts("tokenizer.ggml.merges", "a b")), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.pre' is missing", TokenizerRefused(Vocabulary("gpt2", null).Texts("tokenizer.ggml.merges", "a b")), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.pre' is 'default'", TokenizerRefused(Vocabulary("gpt2", "default").Texts("tokenizer.ggml.merges", "a b")), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.model' is 'bert'", TokenizerRefused(Vocabulary("bert", null)), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.merges' is missing", TokenizerRefused(Vocabulary("gpt2", "gpt-2")), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.scores' is missing", TokenizerRefused(Vocabulary("llama", null)), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.token_type' has 2 entries; there are 3 tokens", TokenizerRefused(Vocabulary("gpt2", "gpt-2").I32s("tokenizer.ggml.token_type", 1, 1)), StringComparison.Ordinal);
        Assert.Contains("'tokenizer.ggml.surprise' (true)", TokenizerRefused(Vocabulary("gpt2", "gpt-2").Flag("tokenizer.ggml.surprise", true)), StringComparison.Ordinal);
        Assert.Contains("asks for a token, but 'tokenizer.ggml.bos_token_id' is missing", TokenizerRefused(Vocabulary("gpt2", "gpt-2").Texts("tokenizer.ggml.merges", "a b").Flag("tokenizer.ggml.add_bos_token", true)), StringComparison.Ordinal);
    }
}
