using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>One computation has one weights hash, however its weights are stored and whatever its tensors and keys are called: protocol version 2, as users see
/// it.</summary>
public sealed class IdentityTests : IDisposable
{
    private static readonly int[] Ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Organism(string name) => Path.Combine(GoldenFiles.Repository, "organisms", name, "aligned");

    private static string Golden(string name) => GoldenFiles.Require("models", name);

    private static string Line(string model, string name)
    {
        var (code, output, error) = CommandLine.Run("inspect", model);
        Assert.True(code == 0, error);
        return output.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal))[13..].Trim();
    }

    private static string Hash(string model) => Line(model, "weights");

    /// <summary>A copy with other tensors and another config.</summary>
    private string Copy(string source, string name, Func<Tensor, IEnumerable<TensorToWrite>>? tensors = null, Action<JsonObject>? config = null,
        IEnumerable<TensorToWrite>? more = null)
    {
        Directory.CreateDirectory(_folder[name]);
        foreach (var file in Directory.EnumerateFiles(source).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal))) File.Copy(file,
            Path.Combine(_folder[name], Path.GetFileName(file)));
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        config?.Invoke(json);
        File.WriteAllText(_folder[name + "/config.json"], json.ToJsonString());
        using var checkpoint = Checkpoint.Open(source);
        SafetensorsWriter.Write(_folder[name + "/model.safetensors"],
            [.. checkpoint.Tensors.SelectMany(t => tensors?.Invoke(t) ?? [TensorToWrite.From(t)]), .. more ?? []]);
        return _folder[name];
    }

    private static TensorToWrite Renamed(Tensor tensor, string name) => new(name, tensor.DType, tensor.Shape, tensor.ReadBytes);

    private static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.ReadBytes(0, bytes);
        return bytes;
    }

    private static TensorToWrite Wide(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return TensorToWrite.From(tensor.Name, tensor.Shape, values);
    }

    /// <summary>Rows of a matrix or a vector.</summary>
    private static TensorToWrite Rows(Tensor tensor, string name, int first, int count)
    {
        var row = (int)(tensor.ByteLength / tensor.Shape[0]);
        return TensorToWrite.From(name, tensor.DType, [count, .. tensor.Shape[1..]], Bytes(tensor).AsMemory(first * row, count * row));
    }

    private static void SameLogits(string one, string other)
    {
        using var a = LanguageModel.Open(one, new LanguageModelOptions { Threads = 1 });
        using var b = LanguageModel.Open(other, new LanguageModelOptions { Threads = 1 });
        Assert.Equal(a.Logits(Ids), b.Logits(Ids));
    }

    private static void Identical(string one, string other)
    {
        var (code, output, error) = CommandLine.Run("diff", one, other, "-q");
        Assert.True(code == 0, error);
        Assert.StartsWith("The models are identical.", output, StringComparison.Ordinal);
    }

    // Case 07.
    [Fact]
    public void A_float32_copy_is_the_same_weights_and_says_how_it_is_stored()
    {
        var source = Organism("llama");
        var copy = Copy(source, "f32", t => [Wide(t)], c => c["dtype"] = "float32");
        Assert.Equal(Hash(source), Hash(copy));
        Assert.Equal(("BF16; names begin with 'model.'", "F32; names begin with 'model.'"), (Line(source, "stored"), Line(copy, "stored")));
        var (code, output, error) = CommandLine.Run("vet", source, copy, "--items", "2", "--cores", "2", "--documents", "1", "-q", "-o", _folder["run"]);
        Assert.True(code == 0, output + error);
        // As GGUF files are: norms in float32.
        Assert.Equal(Hash(source), Hash(Copy(source, "mixed", t => [t.Shape.Length == 1 ? Wide(t) : TensorToWrite.From(t)])));
        // One value more or less, in the last bit of one norm.
        var changed = Copy(copy, "changed", t => t.Name == "model.norm.weight" ? [TensorToWrite.From(t.Name, t.DType, t.Shape, Flipped(t))]
            : [TensorToWrite.From(t)]);
        Assert.NotEqual(Hash(source), Hash(changed));
    }

    private static byte[] Flipped(Tensor tensor)
    {
        var bytes = Bytes(tensor);
        bytes[^4] ^= 1;
        return bytes;
    }

    // Case 06.
    [Fact]
    public void An_index_of_the_one_file_beside_it_opens()
    {
        var source = Organism("llama");
        var copy = Copy(source, "mlx");
        using (var checkpoint = Checkpoint.Open(source))
            File.WriteAllText(_folder["mlx/model.safetensors.index.json"],
                new JsonObject { ["weight_map"] = new JsonObject(checkpoint.Tensors.Select(t =>
                KeyValuePair.Create(t.Name, (JsonNode?)"model.safetensors"))) }.ToJsonString());
        Assert.Equal(Hash(source), Hash(copy));
        Identical(source, copy);
    }

    // Case 05 a: as published, as transformers 4.52 and later name the modules, text only.
    [Fact]
    public void Gemma_3_has_one_hash_under_every_prefix()
    {
        var text = Golden("gemma3");
        string Wrapped(string name, Func<string, string> rename, string beside) => Copy(text, name, t => [Renamed(t, rename(t.Name))], c =>
        {
            var inner = c.DeepClone();
            foreach (var key in c.Select(p => p.Key).ToList()) c.Remove(key);
            c["model_type"] = "gemma3";
            c["architectures"] = new JsonArray("Gemma3ForConditionalGeneration");
            inner.AsObject().Remove("architectures");
            c["text_config"] = inner;
        }, [TensorToWrite.From(beside, [2], new float[] { 1, 2 })]);
        var hub = Wrapped("hub", n => "language_model." + n, "vision_tower.x.weight");
        var resaved = Wrapped("resaved", n => n.StartsWith("model.", StringComparison.Ordinal) ? "model.language_model." + n["model.".Length..] : n,
            "model.vision_tower.x.weight");
        Assert.Equal((Hash(text), Hash(text)), (Hash(hub), Hash(resaved)));
        Assert.Equal("BF16; names begin with 'language_model.model.'; one tensor that nothing reads", Line(hub, "stored"));
        Identical(hub, resaved);
        Identical(hub, text);
        Identical(text, resaved);
        // Without any prefix, and with one that the config does not ask for.
        Assert.Equal(Hash(text), Hash(Copy(text, "bare", t => [Renamed(t, t.Name.StartsWith("model.", StringComparison.Ordinal) ? t.Name["model.".Length..]
            : t.Name)])));
        Assert.Equal(Hash(text), Hash(Copy(text, "prefixed", t => [Renamed(t, "language_model." + t.Name)])));
    }

    // Case 17.
    [Theory]
    [InlineData("qwen3_moe", "mlp.experts", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("mixtral", "block_sparse_moe.experts", "mlp.experts", "w1", "w3", "w2")]
    [InlineData("qwen2_moe", "mlp.experts", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("olmoe", "mlp.experts", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("deepseek_v3", "mlp.experts", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    [InlineData("qwen3_next", "mlp.experts", "mlp.experts", "gate_proj", "up_proj", "down_proj")]
    public void Stacked_experts_are_the_same_model_and_are_edited_as_it(string type, string module, string stackedModule, string gate, string up, string down)
    {
        var source = type == "qwen3_moe" ? Organism(type) : Golden(type);
        List<Tensor> All(Checkpoint c, string stem, string part) =>
            [.. Enumerable.Range(0, 1000).Select(e => c.TryGet($"{stem}.{e}.{part}.weight", out var t) ? t : null).TakeWhile(t => t is not null)
            .Select(t => t!)];
        using var checkpoint = Checkpoint.Open(source);
        var stacked = Copy(source, "stacked", t =>
        {
            var at = t.Name.IndexOf($".{module}.", StringComparison.Ordinal);
            if (at < 0) return [Renamed(t, t.Name.Replace("block_sparse_moe", "mlp", StringComparison.Ordinal))];
            var (layer, rest) = (t.Name[..at], t.Name[(at + module.Length + 2)..]);
            if (rest != $"0.{gate}.weight") return [];
            var (gates, ups, downs) = (All(checkpoint, $"{layer}.{module}", gate), All(checkpoint, $"{layer}.{module}", up),
                All(checkpoint, $"{layer}.{module}", down));
            var (width, hidden) = (t.Shape[0], t.Shape[1]);
            return
            [
                TensorToWrite.From($"{layer}.{stackedModule}.gate_up_proj", t.DType, [gates.Count, 2 * width, hidden],
                    gates.Zip(ups).SelectMany(p => Bytes(p.First).Concat(Bytes(p.Second))).ToArray()),
                TensorToWrite.From($"{layer}.{stackedModule}.down_proj", t.DType, [gates.Count, hidden, width], downs.SelectMany(Bytes).ToArray()),
            ];
        });
        Assert.Equal(Hash(source), Hash(stacked));
        Assert.Contains("experts stacked in one tensor", Line(stacked, "stored"), StringComparison.Ordinal);
        SameLogits(source, stacked);
        Identical(source, stacked);
        if (type == "qwen3_next") return; // Its linear attention writes with a tensor that is edited as any other; one search of directions is enough.

        // The same edit of either: what it does to each expert does not depend on how they lie.
        using (var model = EditableModel.Open(source))
        {
            var random = new Random(1);
            var direction = Enumerable.Range(0, model.Config.Spec.HiddenSize).Select(_ => random.NextSingle() - .5f).ToArray();
            EditFile.For(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. direction] },
                EditPlaces.Window(model.Config.Spec, 0, 99, embedding: false))]).Write(_folder["edit.safetensors"]);
        }
        foreach (var (model, target) in (ReadOnlySpan<(string, string)>)[(source, "edited"), (stacked, "edited-stacked")])
        {
            var (code, _, error) = CommandLine.Run("ablate", model, "--direction", _folder["edit.safetensors"], "-o", _folder[target], "-q");
            Assert.True(code == 0, error);
        }
        Assert.NotEqual(Hash(source), Hash(_folder["edited"]));
        Assert.Equal(Hash(_folder["edited"]), Hash(_folder["edited-stacked"]));
        using var result = Checkpoint.Open(_folder["edited-stacked"]);
        using var before = Checkpoint.Open(stacked);
        Assert.Equal(before.Tensors.Select(t => (t.Name, t.DType)), result.Tensors.Select(t => (t.Name, t.DType)));
        var (refused, _, why) = CommandLine.Run("ablate", stacked, "--direction", _folder["edit.safetensors"], "-o", _folder["lora"], "--as", "lora", "-q");
        Assert.Equal(65, refused);
        Assert.Contains("holds all experts in one tensor", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_of_another_shape_is_one_sentence()
    {
        var source = Organism("qwen3_moe");
        var wrong = Copy(source, "wrong", t => t.Name.Contains(".experts.", StringComparison.Ordinal) ? [] : [TensorToWrite.From(t)],
            more: Enumerable.Range(0, 4).SelectMany(l => (TensorToWrite[])[TensorToWrite.From($"model.layers.{l}.mlp.experts.gate_up_proj", [4, 3, 2],
                new float[24]), TensorToWrite.From($"model.layers.{l}.mlp.experts.down_proj", [4, 2, 3], new float[24])]));
        var (code, _, error) = CommandLine.Run("inspect", wrong);
        Assert.Equal(65, code);
        Assert.Equal(2, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("4 tensors as 'model.layers.0.mlp.experts.gate_up_proj' have shape [4, 3, 2]", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tied_head_counts_once_however_often_it_is_stored()
    {
        var source = Golden("llama-tied-mha");
        TensorToWrite head;
        using (var checkpoint = Checkpoint.Open(source)) head = TensorToWrite.From("lm_head.weight", checkpoint["model.embed_tokens.weight"].DType,
            checkpoint["model.embed_tokens.weight"].Shape, Bytes(checkpoint["model.embed_tokens.weight"]));
        var stored = Copy(source, "stored", more: [head]);
        Assert.Equal(Hash(source), Hash(stored));
        Assert.EndsWith("the tied head stored a second time", Line(stored, "stored"), StringComparison.Ordinal);
        Assert.Equal(Hash(source), Hash(Copy(source, "untied", config: c => c["tie_word_embeddings"] = false, more: [head])));
        using var first = LanguageModel.Open(source);
        using var second = LanguageModel.Open(stored);
        Assert.Equal(first.Storage.Types, second.Storage.Types);
    }

    [Fact]
    public void A_copy_in_shards_is_the_same_weights()
    {
        var source = Organism("llama");
        using (var checkpoint = Checkpoint.Open(source)) CheckpointWriter.Copy(checkpoint, _folder["shards"], maxShardBytes: 1 << 20);
        Assert.True(Directory.GetFiles(_folder["shards"], "*.safetensors").Length > 2);
        Assert.Equal(Hash(source), Hash(_folder["shards"]));
    }

    [Fact]
    public void A_gguf_file_of_bf16_with_f32_norms_is_the_same_weights()
    {
        var gguf = GoldenFiles.Require("gguf", "organism-bf16.gguf");
        Assert.Equal(Hash(Organism("llama")), Hash(gguf));
        Assert.StartsWith("BF16 and F32;", Line(gguf, "stored"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_that_changes_nothing_leaves_the_hash_as_it_is()
    {
        // With zeros of either sign: -0 + 0 is 0.
        var source = Copy(Golden("llama"), "base", t => t.Name.EndsWith("0.self_attn.q_proj.weight", StringComparison.Ordinal)
            ? [TensorToWrite.From(t.Name, t.DType, t.Shape, (byte[])[0, 0x80, 0, 0, .. Bytes(t)[4..]])] : [TensorToWrite.From(t)]);
        using (var checkpoint = Checkpoint.Open(source))
        {
            var shape = checkpoint["model.layers.0.self_attn.q_proj.weight"].Shape;
            var random = new Random(2);
            Directory.CreateDirectory(_folder["adapter"]);
            File.WriteAllText(_folder["adapter/adapter_config.json"], """{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":["q_proj"],"bias":"none"}""");
            SafetensorsWriter.Write(_folder["adapter/adapter_model.safetensors"],
            [
                TensorToWrite.From("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", [2, shape[1]],
                    Enumerable.Range(0, 2 * (int)shape[1]).Select(_ => random.NextSingle() - .5f).ToArray()),
                TensorToWrite.From("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", [shape[0], 2], new float[2 * shape[0]]),
            ]);
        }
        Assert.Equal(Hash(source), Hash($"{source}+{_folder["adapter"]}"));
    }

    [Fact]
    public void Keys_that_do_not_matter_do_not_count_and_those_that_do_count()
    {
        var source = Golden("llama");
        var hash = Hash(source);
        string Changed(Action<JsonObject> change) => Hash(Copy(source, Guid.NewGuid().ToString("n"), config: change));
        Assert.Equal(hash, Changed(c => (c["model_type"], c["architectures"], c["sliding_window"]) = ("mistral", new JsonArray("MistralForCausalLM"), null)));
        Assert.Equal(hash, Changed(c => Rotation(c, "linear", 1)));
        Assert.Equal(hash, Changed(c => c["max_position_embeddings"] = 4096));
        Assert.Equal(hash, Changed(c => (c["eos_token_id"], c["use_cache"]) = (5, false)));
        Assert.NotEqual(hash, Changed(c => Rotation(c, "linear", 2)));
        Assert.NotEqual(hash, Changed(c => c["rms_norm_eps"] = 1e-4));
        Assert.NotEqual(hash, Changed(c => (c["model_type"], c["architectures"], c["sliding_window"]) = ("mistral", new JsonArray("MistralForCausalLM"), 8)));
        // Where it changes the rotation it counts.
        Assert.NotEqual(Changed(c => Rotation(c, "dynamic", 2)), Changed(c =>
        {
            Rotation(c, "dynamic", 2);
            c["max_position_embeddings"] = 4096;
        }));
    }

    private static void Rotation(JsonObject config, string type, double factor) =>
        config["rope_parameters"] = new JsonObject { ["rope_type"] = type, ["factor"] = factor,
            ["rope_theta"] = config["rope_parameters"]!["rope_theta"]!.DeepClone() };

    [Fact]
    public void A_bias_of_zeros_is_none()
    {
        var source = Golden("llama");
        string Biased(string name, float first) => Copy(source, name, t => t.Name.Contains("self_attn", StringComparison.Ordinal)
            ? [TensorToWrite.From(t), TensorToWrite.From(t.Name.Replace(".weight", ".bias", StringComparison.Ordinal), [t.Shape[0]],
                Enumerable.Range(0, (int)t.Shape[0]).Select(i => i == 0 ? first : -0f).ToArray())] : [TensorToWrite.From(t)],
            c => c["attention_bias"] = true);
        var zeros = Biased("zeros", 0);
        Assert.Equal(Hash(source), Hash(zeros));
        SameLogits(source, zeros);
        Assert.NotEqual(Hash(source), Hash(Biased("ones", 1)));
    }

    // What people publish as a "llamafied" Phi-3: fused projections cut into those of Llama.
    [Fact]
    public void Fused_projections_are_cut_into_their_roles()
    {
        var source = Golden("phi3");
        var cut = Copy(source, "llama", t =>
        {
            if (t.Name.EndsWith("qkv_proj.weight", StringComparison.Ordinal))
                return ((string, int, int)[])[("q_proj", 0, 64), ("k_proj", 64, 32), ("v_proj", 96, 32)] is var parts
                    ? parts.Select(p => Rows(t, t.Name.Replace("qkv_proj", p.Item1, StringComparison.Ordinal), p.Item2, p.Item3)) : [];
            if (t.Name.EndsWith("gate_up_proj.weight", StringComparison.Ordinal))
                return [Rows(t, t.Name.Replace("gate_up_proj", "gate_proj", StringComparison.Ordinal), 0, 112),
                    Rows(t, t.Name.Replace("gate_up_proj", "up_proj", StringComparison.Ordinal), 112, 112)];
            return [TensorToWrite.From(t)];
        }, c =>
        {
            (c["model_type"], c["architectures"]) = ("llama", new JsonArray("LlamaForCausalLM"));
            foreach (var key in (string[])["original_max_position_embeddings", "sliding_window", "resid_pdrop", "embd_pdrop"]) c.Remove(key);
            c["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = 10000.0 };
        });
        Assert.Equal(Hash(source), Hash(cut));
        SameLogits(source, cut);
    }

    [Fact]
    public void An_edit_file_of_version_1_says_what_to_do()
    {
        var bytes = File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "edit.safetensors"));
        var at = bytes.AsSpan().IndexOf("assay.edit/2"u8);
        bytes[at + "assay.edit/".Length] = (byte)'1';
        File.WriteAllBytes(_folder["old.safetensors"], bytes);
        var (code, _, error) = CommandLine.Run("ablate", Organism("llama"), "--direction", _folder["old.safetensors"], "-o", _folder["out"], "-q");
        Assert.Equal(65, code);
        Assert.Contains("protocol version 1", error, StringComparison.Ordinal);
        Assert.Contains("find the direction again", error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder["out"]));
    }
}
