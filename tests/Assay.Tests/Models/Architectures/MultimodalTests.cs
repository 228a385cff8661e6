using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models.Architectures;

/// <summary>A language model inside a multimodal checkpoint: the golden models again, under a prefix and beside parts that text never reaches.</summary>
public sealed class MultimodalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-multimodal-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    /// <summary>Writes a golden model as a part of another one.</summary>
    private string Wrap(string golden, JsonObject outer, Func<string, string> rename, params string[] beside)
    {
        var source = GoldenFiles.Require("models", golden);
        var inner = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        foreach (var key in new[] { "eos_token_id", "architectures", "dtype" }) inner.Remove(key);
        outer["text_config"] = inner;
        outer["eos_token_id"] = 2;
        outer["vision_config"] = new JsonObject { ["num_attention_heads"] = 16 };
        File.WriteAllText(Path.Combine(_folder, "config.json"), outer.ToJsonString());
        File.Delete(Path.Combine(_folder, "model.safetensors"));
        using var checkpoint = Checkpoint.Open(source);
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"),
        [
            .. checkpoint.Tensors.Select(t => TensorToWrite.From(rename(t.Name), t.DType, t.Shape, Bytes(t))),
            .. beside.Select(n => TensorToWrite.From(n, [2, 2], new float[] { 1, 2, 3, 4 })),
        ]);
        return source;
    }

    private static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.ReadBytes(0, bytes);
        return bytes;
    }

    private static JsonObject Outer(string type, string name) => new() { ["model_type"] = type, ["architectures"] = new JsonArray(name), ["image_token_index"] = 7 };

    private void Equal(string source)
    {
        using var alone = LanguageModel.Open(source);
        using var within = LanguageModel.Open(_folder);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6];
        Assert.Equal(alone.Logits(ids), within.Logits(ids));
        Assert.Equal(alone.Config.Canonical, within.Config.Canonical);
    }

    // As published: gemma-3-4b-it, llava-1.5-7b, Mistral-Small-3.1; and as transformers 5 names them.
    [Theory]
    [InlineData("gemma3", "gemma3", "Gemma3ForConditionalGeneration", "vision_tower.vision_model.x.weight", "multi_modal_projector.mm_soft_emb_norm.weight")]
    [InlineData("llama", "llava", "LlavaForConditionalGeneration", "vision_tower.vision_model.x.weight", "multi_modal_projector.linear_1.weight")]
    [InlineData("qwen2", "llava", "LlavaForConditionalGeneration", "vision_tower.vision_model.x.weight")]
    [InlineData("mistral", "mistral3", "Mistral3ForConditionalGeneration", "vision_tower.ln_pre.weight", "multi_modal_projector.norm.weight")]
    public void The_language_model_gives_the_same_numbers_under_either_prefix(string golden, string type, string name, params string[] beside)
    {
        var source = Wrap(golden, Outer(type, name), n => "language_model." + n, beside);
        Equal(source);
        Wrap(golden, Outer(type, name), n => n.StartsWith("model.", StringComparison.Ordinal) ? "model.language_model." + n["model.".Length..] : n, [.. beside.Select(b => "model." + b)]);
        Equal(source);
    }

    [Theory]
    [InlineData("audio_tower.x.weight")]
    [InlineData("language_model.model.layers.0.self_attn.extra.weight")]
    [InlineData("visual.x.weight")]
    public void A_part_that_is_not_known_is_refused_by_name(string tensor)
    {
        Wrap("llama", Outer("llava", "LlavaForConditionalGeneration"), n => "language_model." + n, tensor);
        var error = Assert.Throws<InvalidInputException>(() => LanguageModel.Open(_folder));
        Assert.Contains(error.Problems, p => p.Contains(tensor, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llava", "LlavaForConditionalGeneration", "gemma2", "text_config.model_type")]
    [InlineData("qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration", "qwen2", "qwen2_5_vl")]
    [InlineData("gemma3", "Gemma3ForSequenceClassification", "gemma3", "Gemma3ForSequenceClassification")]
    public void Other_mixtures_are_refused_with_key_and_value(string type, string name, string golden, string named)
    {
        Wrap(golden, Outer(type, name), n => "language_model." + n);
        var error = Assert.Throws<InvalidInputException>(() => LanguageModel.Open(_folder));
        Assert.Contains(error.Problems, p => p.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void An_outer_key_that_speaks_of_computation_is_refused()
    {
        var outer = Outer("llava", "LlavaForConditionalGeneration");
        outer["logit_scale"] = 2;
        Wrap("llama", outer, n => "language_model." + n);
        var error = Assert.Throws<InvalidInputException>(() => LanguageModel.Open(_folder));
        Assert.Contains(error.Problems, p => p.Contains("logit_scale", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_inner_config_leaves_out_comes_from_the_outer_one()
    {
        const string Text = """{"model_type":"gemma3_text","num_hidden_layers":2""";
        static string Config(string text) => $$"""{"model_type":"gemma3","architectures":["Gemma3ForConditionalGeneration"],"eos_token_id":[1,106],"text_config":{{text}}}""";
        Assert.Equal([1, 106], ModelConfig.Parse(Config(Text + "}")).EosTokenIds);
        Assert.Equal([2], ModelConfig.Parse(Config(Text + ",\"eos_token_id\":2}")).EosTokenIds);
    }

    /// <summary>gemma-3-4b-it's own text_config, which says little: the rest is Gemma3TextConfig's.</summary>
    [Fact]
    public void A_published_config_takes_the_text_models_defaults()
    {
        var config = ModelConfig.Parse("""
            {"architectures":["Gemma3ForConditionalGeneration"],"boi_token_index":255999,"eoi_token_index":256000,"eos_token_id":[1,106],"image_token_index":262144,"initializer_range":0.02,
             "mm_tokens_per_image":256,"model_type":"gemma3","text_config":{"hidden_size":2560,"intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,
             "rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024},"torch_dtype":"bfloat16","transformers_version":"4.50.0.dev0",
             "vision_config":{"hidden_size":1152,"image_size":896,"intermediate_size":4304,"model_type":"siglip_vision_model","num_attention_heads":16,"num_hidden_layers":27,"patch_size":14,"vision_use_head":false}}
            """);
        Assert.Equal((262208, 34, 2560), (config.Spec.VocabularySize, config.Spec.Layers.Length, config.Spec.HiddenSize));
        Assert.Equal(131072, config.Spec.MaxPositions);
    }
}
