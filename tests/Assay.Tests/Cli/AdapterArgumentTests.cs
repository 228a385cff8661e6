using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Directions.Edits;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary><c>BASE+ADAPTER</c> as a user gives it: adapters of both spellings of a wrapper, of another class, of another program, with more in them than
/// factors.</summary>
/// <remarks>What PEFT does is read from peft, peft_model.py (key_mapping) and utils/save_and_load.py (set_peft_model_state_dict: load_state_dict without
/// strict).</remarks>
public sealed class AdapterArgumentTests : IDisposable
{
    private const string Output = "layers.0.self_attn.o_proj";
    private const string Old = "language_model.model.", New = "model.language_model.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Golden(string name) => Path.Combine(GoldenFiles.Repository, "golden", "models", name);

    private static float[] Some(long count, int seed) => [.. Enumerable.Range(0, (int)count).Select(i => (i * (31 + 2 * seed) % 19 - 9) * .004f)];

    private static bool IsHead(string name) => name == "lm_head.weight";

    /// <summary>A golden model as the language model of a wrapper, its tensors in one of the two spellings.</summary>
    private string Wrapper(string type, string wrapperClass, string golden, bool old)
    {
        var name = $"{type}-{(old ? "old" : "new")}";
        using var inner = Checkpoint.Open(Golden(golden));
        var config = new JsonObject { ["architectures"] = new JsonArray(wrapperClass), ["model_type"] = type,
            ["text_config"] = JsonNode.Parse(inner.ReadText("config.json")!), ["vision_config"] = new JsonObject { ["hidden_size"] = 8 } };
        _folder.Write($"{name}/config.json", config.ToJsonString());
        SafetensorsWriter.Write(_folder[$"{name}/model.safetensors"], inner.Tensors
            .Select(t => new TensorToWrite(IsHead(t.Name) ? (old ? "language_model.lm_head.weight" : t.Name) : (old ? Old : New) + t.Name["model.".Length..],
                t.DType, t.Shape, t.ReadBytes))
            .Append(TensorToWrite.From((old ? "" : "model.") + "vision_tower.vision_model.embeddings.patch_embedding.bias", [8], Some(8, 1))).ToList());
        return _folder[name];
    }

    private string Adapter(string name, IEnumerable<(string Name, long[] Shape, float[] Values)> tensors, params (string Key, JsonNode? Value)[] changes)
    {
        var config = new JsonObject { ["peft_type"] = "LORA", ["task_type"] = "CAUSAL_LM", ["r"] = 2, ["lora_alpha"] = 4, ["bias"] = "none",
            ["target_modules"] = new JsonArray("o_proj") };
        foreach (var (key, value) in changes) config[key] = value;
        _folder.Write($"{name}/adapter_config.json", config.ToJsonString());
        SafetensorsWriter.Write(_folder[$"{name}/adapter_model.safetensors"], tensors.Select(t => TensorToWrite.From(t.Name, [.. t.Shape], t.Values)).ToList());
        return _folder[name];
    }

    private static (string, long[], float[])[] Factors(string module, long outputs, long inputs, bool zero = false) =>
        [($"base_model.model.{module}.lora_A.weight", [2, inputs], Some(2 * inputs, 1)),
            ($"base_model.model.{module}.lora_B.weight", [outputs, 2], zero ? new float[2 * outputs] : Some(2 * outputs, 2))];

    private static float[] Values(string reference, string tensor)
    {
        using var model = Checkpoint.Open(reference);
        return ModelCopy.Values(model[tensor]);
    }

    private (int Code, string Out, string Error) Diff(string model, string adapter) =>
        CommandLine.Run("diff", model, $"{model}+{adapter}", "-q", "-o", _folder[$"run-{Guid.NewGuid():n}"]);

    private string Refused(string model, string adapter)
    {
        var (code, output, error) = Diff(model, adapter);
        Assert.True(code == 65, $"{code}: {output}{error}");
        return error;
    }

    [Theory]
    [InlineData("gemma3", "Gemma3ForConditionalGeneration", "gemma3")]
    [InlineData("llava", "LlavaForConditionalGeneration", "llama")]
    [InlineData("mistral3", "Mistral3ForConditionalGeneration", "mistral")]
    public void Either_spelling_of_a_wrapper_takes_adapters_of_either(string type, string wrapperClass, string golden)
    {
        using var inner = Checkpoint.Open(Golden(golden));
        var shape = inner[$"model.{Output}.weight"].Shape;
        foreach (var old in (bool[])[true, false])
        {
            var model = Wrapper(type, wrapperClass, golden, old);
            var stored = $"{(old ? Old : New)}{Output}.weight";
            var (w, a, b) = (Values(model, stored), Some(2 * shape[1], 1), Some(2 * shape[0], 2));
            foreach (var spelling in (string[])[Old, New])
            {
                var adapter = Adapter($"{type}-{old}-{spelling}", Factors(spelling + Output, shape[0], shape[1]));
                var (code, output, error) = Diff(model, adapter);
                Assert.True(code == 0, error);
                Assert.Contains("1 of ", output, StringComparison.Ordinal);
                var got = Values($"{model}+{adapter}", stored);
                for (var i = 0; i < w.Length; i++)
                {
                    // By hand: W + (4 / 2)·B·A.
                    var (row, column) = (i / (int)shape[1], i % (int)shape[1]);
                    Assert.True(Math.Abs(w[i] + 2 * (b[2 * row] * a[column] + b[2 * row + 1] * a[shape[1] + column]) - got[i]) < 1e-6);
                }
                using var runs = LanguageModel.Open($"{model}+{adapter}");
                Assert.All(runs.Logits(new[] { 1, 5, 9 }), x => Assert.True(float.IsFinite(x)));
            }
            // What the class has no module for is left unread by PEFT.
            var message = Refused(model, Adapter($"{type}-{old}-text", Factors("model." + Output, shape[0], shape[1])));
            Assert.Contains($"'model.{Output}' is no part of a model of type '{type}'", message, StringComparison.Ordinal);
            Assert.Contains("made on the language model alone", message, StringComparison.Ordinal);
        }
        foreach (var spelling in (string[])[Old, New])
            Assert.Contains("made on a multimodal model", Refused(Golden(golden), Adapter($"{type}-{spelling}-on-text",
                Factors(spelling + Output, shape[0], shape[1]))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lm_head", "llava", "llama")]
    [InlineData("language_model.lm_head", "llava", "llama")]
    public void The_head_of_a_wrapper_has_two_spellings_too(string module, string type, string golden)
    {
        foreach (var old in (bool[])[true, false])
        {
            var model = Wrapper(type, "LlavaForConditionalGeneration", golden, old);
            var adapter = Adapter($"{old}", Factors(module, 320, 64), ("target_modules", new JsonArray("lm_head")));
            Assert.Equal(0, Diff(model, adapter).Code);
            using var adapted = Checkpoint.Open($"{model}+{adapter}");
            Assert.True(adapted[old ? "language_model.lm_head.weight" : "lm_head.weight"].IsUpdated);
        }
    }

    [Theory]
    [InlineData("llama", "model.", "layers.{0}.self_attn.o_proj", 64, 64)]
    [InlineData("gpt2", "transformer.", "h.{0}.mlp.c_proj", 64, 112)]
    [InlineData("gpt_neox", "gpt_neox.", "layers.{0}.attention.dense", 64, 64)]
    public void An_adapter_of_the_model_without_its_head_is_refused_in_one_sentence(string golden, string prefix, string module, int outputs, int inputs)
    {
        var factors = Enumerable.Range(0, 2).SelectMany(l => Factors(module.Replace("{0}", $"{l}", StringComparison.Ordinal), outputs, inputs));
        var message = Refused(Golden(golden), Adapter("inner", factors, ("target_modules", new JsonArray(module.Split('.')[^1]))));
        Assert.Contains($"2 modules, '{module.Replace("{0}", "0", StringComparison.Ordinal)}', '{module.Replace("{0}", "1", StringComparison.Ordinal)}', are " +
            $"no part of a model of type '{golden}'", message, StringComparison.Ordinal);
        Assert.Contains($"Its keys lack '{prefix}'", message, StringComparison.Ordinal);
        Assert.Single(message.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.Contains("PEFT would leave", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.mlp.extra.weight", "has no counterpart")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.scaling", "has no counterpart")]
    [InlineData("base_model.model.layers.0.input_layernorm.weight", "is no part of a model")]
    [InlineData("base_model.model.model.layers.0.self_attn.o_proj.weight", "PEFT would leave it unread")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight", "PEFT would leave it unread")]
    [InlineData("base_model.model.model.layers.0.self_attn.o_proj.lora_A.default.weight", "has no counterpart")]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight", "is not among those that target_modules names")]
    public void A_tensor_that_peft_would_leave_unread_is_named(string extra, string expected)
    {
        var message = Refused(Golden("llama"), Adapter("extra", [.. Factors("model." + Output, 64, 64), (extra, [64], Some(64, 3))]));
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(expected.Contains("target_modules", StringComparison.Ordinal) || expected.Contains("no part", StringComparison.Ordinal)
            ? extra.Split(".lora")[0][17..].Replace(".weight", "", StringComparison.Ordinal) : extra, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_of_the_base_that_the_file_holds_is_loaded()
    {
        const string norm = "model.layers.0.input_layernorm.weight";
        var adapter = Adapter("norm", [.. Factors("model." + Output, 64, 64), ("base_model.model." + norm, [64], Some(64, 3))]);
        Assert.Equal(0, Diff(Golden("llama"), adapter).Code);
        Assert.Equal(Some(64, 3), Values($"{Golden("llama")}+{adapter}", norm));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_adapter_whose_b_is_zero_gives_the_bases_bits(bool byColumn)
    {
        // Zeros of both signs too.
        using (var source = Checkpoint.Open(Golden("llama")))
        {
            _folder.Write("base/config.json", source.ReadText("config.json")!);
            SafetensorsWriter.Write(_folder["base/model.safetensors"], source.Tensors.Select(t =>
            {
                var values = ModelCopy.Values(t);
                (values[0], values[1], values[2]) = (-0f, 0f, -0f);
                return TensorToWrite.From(t.Name, t.Shape, values);
            }).ToList());
        }
        var adapter = byColumn ? Adapter("zero", [("base_model.model.model.embed_tokens.lora_embedding_A", [2, 320], Some(640, 1)),
            ("base_model.model.model.embed_tokens.lora_embedding_B", [64, 2], new float[128])], ("target_modules", new JsonArray("embed_tokens")))
            : Adapter("zero", Factors("model." + Output, 64, 64, zero: true));
        Assert.Equal(0, Diff(_folder["base"], adapter).Code);
        var name = byColumn ? "model.embed_tokens.weight" : $"model.{Output}.weight";
        using var adapted = Checkpoint.Open($"{_folder["base"]}+{adapter}");
        Assert.True(adapted[name].IsUpdated);
        Assert.Equal(Values(_folder["base"], name).Select(BitConverter.SingleToInt32Bits),
            ModelCopy.Values(adapted[name]).Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Embeddings_that_peft_saved_unasked_are_loaded()
    {
        (string, long[], float[])[] saved = [("base_model.model.model.embed_tokens.weight", [320, 64], Some(320 * 64, 4)),
            ("base_model.model.lm_head.weight", [320, 64], Some(320 * 64, 5))];
        var adapter = Adapter("saved", [.. Factors("model." + Output, 64, 64), .. saved]);
        Assert.Equal(0, Diff(Golden("llama"), adapter).Code);
        Assert.Equal(Some(320 * 64, 4), Values($"{Golden("llama")}+{adapter}", "model.embed_tokens.weight"));
        Assert.Equal(Some(320 * 64, 5), Values($"{Golden("llama")}+{adapter}", "lm_head.weight"));

        // Of a tied base both are one parameter: it stays tied, and two values for it are one too many.
        var tied = Golden("llama-tied-mha");
        var same = Adapter("same", [.. Factors("model." + Output, 64, 64), saved[0], ("base_model.model.lm_head.weight", [320, 64], Some(320 * 64, 4))]);
        using (var model = LanguageModel.Open($"{tied}+{same}"))
        {
            Assert.True(model.Config.TiedHead);
            Assert.Equal(Some(320 * 64, 4), ModelCopy.Values(model.Checkpoint["model.embed_tokens.weight"]));
        }
        Assert.Contains("embedding and head are one in the base", Refused(tied, Adapter("two", [.. Factors("model." + Output, 64, 64), .. saved])),
            StringComparison.Ordinal);
    }

    /// <summary>Where the embedding is a target itself, what was saved is under the factors: W = saved + 2·(B·A)ᵀ, and a tied head is what was saved.</summary>
    [Fact]
    public void A_saved_embedding_lies_under_its_own_factors()
    {
        var (a, b, saved) = (Some(640, 1), Some(128, 2), Some(320 * 64, 4));
        var adapter = Adapter("base-layer", [("base_model.model.model.embed_tokens.lora_embedding_A", [2, 320], a),
            ("base_model.model.model.embed_tokens.lora_embedding_B", [64, 2], b), ("base_model.model.model.embed_tokens.base_layer.weight", [320, 64], saved)],
            ("target_modules", new JsonArray("embed_tokens")));
        var tied = Golden("llama-tied-mha");
        Assert.Equal(0, Diff(tied, adapter).Code);
        var got = Values($"{tied}+{adapter}", "model.embed_tokens.weight");
        for (var v = 0; v < 320; v++)
            for (var d = 0; d < 64; d++)
                Assert.True(Math.Abs(saved[v * 64 + d] + 2 * (b[d * 2] * a[v] + b[d * 2 + 1] * a[320 + v]) - got[v * 64 + d]) < 1e-6);
        Assert.Equal(saved, Values($"{tied}+{adapter}", "lm_head.weight"));
    }

    [Fact]
    public void A_resized_vocabulary_is_refused_with_both_sizes()
    {
        var message = Refused(Golden("llama"), Adapter("resized", [.. Factors("model." + Output, 64, 64),
            ("base_model.model.model.embed_tokens.weight", [322, 64], Some(322 * 64, 4))]));
        Assert.Contains("has 322 rows and the base's 'model.embed_tokens.weight' 320", message, StringComparison.Ordinal);
        Assert.Contains("Resize the base", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"fine_tune_type": "lora", "num_layers": 16, "lora_parameters": {"rank": 8, "dropout": 0.0, "scale": 20.0}, "model": "mlx-community/x"}""", "adapters.safetensors")]
    [InlineData("""{"lora_layers": 16, "lora_parameters": {"rank": 8, "alpha": 16, "scale": 10.0}}""", "adapter_model.safetensors")]
    [InlineData("", "adapters.safetensors")]
    [InlineData("""{"peft_type": "LORA", "r": 2, "target_modules": ["o_proj"]}""", "adapter_model.safetensors")]
    public void An_adapter_of_mlx_is_named_with_what_to_do(string config, string file)
    {
        if (config.Length > 0) _folder.Write("mlx/adapter_config.json", config);
        else Directory.CreateDirectory(_folder["mlx"]);
        SafetensorsWriter.Write(_folder[$"mlx/{file}"], [TensorToWrite.From("model.layers.0.self_attn.o_proj.lora_a", [64, 2], Some(128, 1)),
            TensorToWrite.From("model.layers.0.self_attn.o_proj.lora_b", [2, 64], Some(128, 2))]);
        var message = Refused(Golden("llama"), _folder["mlx"]);
        Assert.Contains("an adapter of mlx-lm", message, StringComparison.Ordinal);
        Assert.Contains("mlx_lm.fuse", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_told()
    {
        var adapter = Adapter("folder", Factors("model." + Output, 64, 64));
        Assert.Contains("Give the folder that holds it", Refused(Golden("llama"), Path.Combine(adapter, "adapter_model.safetensors")),
            StringComparison.Ordinal);
        _folder.Write("lora.gguf", "GGUF");
        Assert.Contains("a GGUF adapter is not read", Refused(Golden("llama"), _folder["lora.gguf"]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exported_adapter_of_a_wrapper_has_the_paths_of_its_class()
    {
        var path = Wrapper("gemma3", "Gemma3ForConditionalGeneration", "gemma3", old: true);
        using var model = EditableModel.Open(path);
        var direction = new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] };
        LoraExport.Write(model, [new WeightEdit(direction, EditPlaces.All(model.Config.Spec))], _folder["adapter"]);
        using (var file = SafetensorsFile.Open(_folder["adapter/adapter_model.safetensors"]))
            Assert.All(file.Tensors, t => Assert.StartsWith("base_model.model.model.language_model.", t.Name, StringComparison.Ordinal));
        Assert.Equal(0, Diff(path, _folder["adapter"]).Code);
    }
}
