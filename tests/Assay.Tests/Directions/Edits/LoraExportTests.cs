using System.Text.Json;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

public sealed class LoraExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", false)]
    [InlineData("llama-tied-mha", false)]
    [InlineData("llama-bias", false)]
    [InlineData("gemma2", false)]
    [InlineData("gpt2", false)]
    [InlineData("gpt_neox", false)]
    [InlineData("qwen2_moe", false)]
    [InlineData("qwen3_next", false)]
    [InlineData("deepseek_v3", false)]
    [InlineData("llama", true)]
    [InlineData("gemma2", true)]
    [InlineData("gpt2", true)]
    public void Read_back_by_our_reader_it_equals_the_merged_checkpoint_within_one_ulp(string name, bool input)
    {
        var path = GoldenFiles.Require("models", name);
        using var model = EditableModel.Open(path);
        var spec = model.Config.Spec;
        var direction = new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(spec.HiddenSize, 1), .. ModelCopy.Unit(spec.HiddenSize, 2)], Offset = [.. ModelCopy.Unit(spec.HiddenSize, 3)] };
        WeightEdit[] plan = [new(direction, EditPlaces.Window(spec, 0, 99, embedding: !input, strength: .8))];
        var options = new EditOptions { InputSide = input };
        MergedCheckpoint.Write(model, plan, _folder["merged"], options);
        LoraExport.Write(model, plan, _folder["adapter"], options);
        using var merged = EditableModel.Open(_folder["merged"]);
        using var adapted = EditableModel.Open($"{path}+{_folder["adapter"]}");
        Assert.Equal(merged.Config.TiedHead, adapted.Config.TiedHead);
        Assert.Equal(merged.Weights.Keys.Order(StringComparer.Ordinal), adapted.Weights.Keys.Order(StringComparer.Ordinal));
        foreach (var (tensor, expected) in merged.Weights)
        {
            var (wanted, got) = (ModelCopy.Values(expected), ModelCopy.Values(adapted.Weights[tensor]));
            // The adapter's sum is of float32; rounding it is the last step of a merge.
            for (var i = 0; i < wanted.Length; i++)
                Assert.True(Math.Abs(Round(got[i]) - wanted[i]) <= Ulp(wanted[i]), $"{tensor}[{i}]: {got[i]}, {wanted[i]}");
        }

        static float Round(float x)
        {
            var bytes = new byte[2];
            StoredValues.Write(DType.BF16, [x], bytes);
            return BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes) << 16);
        }

        // What cancels to almost nothing keeps the float32 error of its parts.
        static double Ulp(float x) => Math.Max(Math.ScaleB(1, Math.ILogB(Math.Max(Math.Abs(x), 1e-30)) - 7), 1e-7);
    }

    [Fact]
    public void Its_layout_is_pefts()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gpt2"));
        var direction = new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] };
        LoraExport.Write(model, [new WeightEdit(direction, EditPlaces.All(model.Config.Spec))], _folder["gpt2"]);
        using (var file = SafetensorsFile.Open(_folder["gpt2/adapter_model.safetensors"]))
        {
            var shapes = file.Tensors.ToDictionary(t => t.Name, t => ProblemList.Format(t.Shape));
            Assert.Equal("[1, 320]", shapes["base_model.model.transformer.wte.lora_embedding_A"]);
            Assert.Equal("[64, 1]", shapes["base_model.model.transformer.wte.lora_embedding_B"]);
            // A module whose bias changes is saved as a whole.
            Assert.Equal("[64, 64]", shapes["base_model.model.transformer.h.0.attn.c_proj.weight"]);
            Assert.Equal("[64]", shapes["base_model.model.transformer.h.0.attn.c_proj.bias"]);
        }
        using var config = JsonDocument.Parse(File.ReadAllText(_folder["gpt2/adapter_config.json"]));
        Assert.Equal("LORA", config.RootElement.GetProperty("peft_type").GetString());
        Assert.True(config.RootElement.GetProperty("fan_in_fan_out").GetBoolean());
        Assert.Equal(config.RootElement.GetProperty("r").GetInt32(), config.RootElement.GetProperty("lora_alpha").GetInt32());
        Assert.Contains("transformer.h.0.mlp.c_proj", config.RootElement.GetProperty("modules_to_save").EnumerateArray().Select(m => m.GetString()));
        using var llama = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        LoraExport.Write(llama, [new WeightEdit(direction, EditPlaces.Window(llama.Config.Spec, 1, 1, mlp: false))], _folder["llama"]);
        using var adapter = SafetensorsFile.Open(_folder["llama/adapter_model.safetensors"]);
        Assert.Equal(["base_model.model.model.layers.1.self_attn.o_proj.lora_A.weight [1, 64]", "base_model.model.model.layers.1.self_attn.o_proj.lora_B.weight [64, 1]"],
            adapter.Tensors.Select(t => $"{t.Name} {ProblemList.Format(t.Shape)}"));
    }

    [Fact]
    public void Where_every_edited_module_is_saved_whole_no_module_is_targeted_by_default()
    {
        // Null would stand for the usual modules of the kind: c_attn in GPT-2.
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gpt2"));
        LoraExport.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] }, EditPlaces.Window(model.Config.Spec, 0, 1, mlp: false))], _folder["saved"]);
        using var config = JsonDocument.Parse(File.ReadAllText(_folder["saved/adapter_config.json"]));
        Assert.Equal("dummy-target-modules", config.RootElement.GetProperty("target_modules").GetString());
        using var file = SafetensorsFile.Open(_folder["saved/adapter_model.safetensors"]);
        Assert.All(file.Tensors, t => Assert.DoesNotContain("lora_", t.Name, StringComparison.Ordinal));
        // Written means read back by the reader of BASE+ADAPTER; once more, from outside.
        using var adapted = LanguageModel.Open($"{GoldenFiles.Require("models", "gpt2")}+{_folder["saved"]}", new LanguageModelOptions { AllowLong = true });
        Assert.NotEmpty(adapted.Logits(new int[] { 1, 2, 3 }));
    }

    [Theory]
    [InlineData("llama-plain", "llama")]
    [InlineData("llama-rank-stabilised", "llama")]
    [InlineData("llama-patterns", "llama")]
    [InlineData("gemma2-plain", "gemma2")]
    [InlineData("gpt2-transposed", "gpt2")]
    public void Its_layout_is_that_of_an_adapter_that_peft_wrote_on_the_same_base(string adapter, string name)
    {
        var golden = GoldenFiles.Require("lora", adapter);
        // A bias that changes makes its module one that is saved as a whole; without the norms' there is none on the input side of GPT-2.
        using var model = EditableModel.Open(name == "gpt2" ? WithoutNormBiases(GoldenFiles.Require("models", name)) : GoldenFiles.Require("models", name));
        var direction = new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1), .. ModelCopy.Unit(64, 2)] };
        var ours = new Dictionary<string, (DType DType, string Shape)>(StringComparer.Ordinal);
        foreach (var input in (bool[])[false, true])
        {
            var folder = _folder[$"{adapter}-{input}"];
            LoraExport.Write(model, [new WeightEdit(direction, EditPlaces.Window(model.Config.Spec, 0, 99))], folder, new EditOptions { InputSide = input });
            using var file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
            foreach (var tensor in file.Tensors) ours.Add(tensor.Name, Layout(tensor));
            SameKeys(folder, golden);
        }

        using var theirs = SafetensorsFile.Open(Path.Combine(golden, "adapter_model.safetensors"));
        Assert.NotEmpty(theirs.Tensors);
        var compared = 0;
        foreach (var tensor in theirs.Tensors)
        {
            // GPT-2's output side has biases of its own.
            if (name == "gpt2" && tensor.Name.Contains("c_proj", StringComparison.Ordinal)) continue;
            Assert.Equal(Layout(tensor), ours[tensor.Name]);
            compared++;
        }
        Assert.True(compared >= 6, $"{compared}");

        // The rank is each adapter's own: which side it is on is the layout.
        static (DType, string) Layout(Tensor tensor)
        {
            var rank = tensor.Name.Contains(".lora_A.", StringComparison.Ordinal) ? 0 : tensor.Name.Contains(".lora_B.", StringComparison.Ordinal) ? 1 : -1;
            return (tensor.DType, string.Join(", ", tensor.Shape.Select((size, axis) => axis == rank ? "r" : $"{size}")));
        }

        // PEFT knows every key that is written, each of its kind; what is not written says nothing in PEFT's own, but for its version and what other methods read.
        static void SameKeys(string folder, string golden)
        {
            using var mine = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")));
            using var peft = JsonDocument.Parse(File.ReadAllText(Path.Combine(golden, "adapter_config.json")));
            foreach (var key in mine.RootElement.EnumerateObject())
            {
                Assert.True(peft.RootElement.TryGetProperty(key.Name, out var value), $"{key.Name} is no key of PEFT's.");
                if (key.Name is "peft_type" or "task_type" or "bias" or "fan_in_fan_out" or "inference_mode" or "init_lora_weights" or "use_dora") Assert.Equal(value.ToString(), key.Value.ToString());
                // A list of names, an expression, or nothing; numbers, flags.
                else if (key.Name is not ("target_modules" or "modules_to_save" or "use_rslora")) Assert.Equal(value.ValueKind, key.Value.ValueKind);
            }
            foreach (var key in peft.RootElement.EnumerateObject().Where(k => !mine.RootElement.TryGetProperty(k.Name, out _)))
                Assert.True(key.Name is "peft_version" or "qalora_group_size" or "megatron_core" or "rank_pattern" or "alpha_pattern" || key.Value.ToString() is "" or "False" or "{}", key.Name);
        }
    }

    [Fact]
    public void A_saved_modules_name_is_pefts()
    {
        using var theirs = SafetensorsFile.Open(Path.Combine(GoldenFiles.Require("lora", "llama-saved-module"), "adapter_model.safetensors"));
        var saved = Assert.Single(theirs.Tensors, t => !t.Name.Contains("lora_", StringComparison.Ordinal));
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gpt2"));
        LoraExport.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] }, EditPlaces.Window(model.Config.Spec, 1, 1))], _folder["out"]);
        using var ours = SafetensorsFile.Open(_folder["out/adapter_model.safetensors"]);
        // Theirs is base_model.model., the module's path and the parameter's name, with the base's shape: ours is made the same way.
        using var llama = Checkpoint.Open(GoldenFiles.Require("models", "llama"));
        var (prefix, parameter) = (saved.Name[..^"lm_head.weight".Length], ".weight");
        Assert.Equal(llama["lm_head.weight"].Shape, saved.Shape);
        foreach (var module in (string[])["transformer.h.1.attn.c_proj", "transformer.h.1.mlp.c_proj"])
            Assert.Equal(model.Weights[module + parameter].Shape, Assert.Single(ours.Tensors, t => t.Name == prefix + module + parameter).Shape);
    }

    [Theory]
    [InlineData("base_model.model.transformer.wte.lora_embedding_A")]
    [InlineData("base_model.model.transformer.wte.lora_embedding_B")]
    [InlineData("base_model.model.transformer.h.0.attn.c_proj.bias")]
    [InlineData("adapter_config.json")]
    [InlineData("the end")]
    public void What_is_read_back_otherwise_than_promised_is_not_committed(string damaged)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gpt2"));
        WeightEdit[] plan = [new(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] }, EditPlaces.All(model.Config.Spec))];
        void Damage(string step)
        {
            if (step != "check") return;
            var scratch = Assert.Single(Directory.GetDirectories(_folder.Path, ".out.partial-*"));
            var weights = Path.Combine(scratch, "adapter_model.safetensors");
            if (damaged == "adapter_config.json")
            {
                var config = Assert.Single(Directory.GetFiles(scratch, "adapter_config.json*"));
                File.WriteAllText(config, File.ReadAllText(config).Replace("\"lora_alpha\": 1", "\"lora_alpha\": 2", StringComparison.Ordinal));
                return;
            }
            if (damaged == "the end")
            {
                using var file = new FileStream(weights, FileMode.Open, FileAccess.Write);
                file.SetLength(file.Length - 8);
                return;
            }
            // The lowest bit of one element.
            long offset;
            using (var file = SafetensorsFile.Open(weights)) offset = file.Tensors.Single(t => t.Name == damaged).Place!.Value.Offset;
            using var stream = new FileStream(weights, FileMode.Open, FileAccess.ReadWrite);
            stream.Position = offset;
            var first = stream.ReadByte();
            stream.Position = offset;
            stream.WriteByte((byte)(first ^ 1));
        }

        var failed = Assert.Throws<InvalidInputException>(() => LoraExport.Write(model, plan, _folder["out"], null, false, Damage, default));
        Assert.Contains("read back", failed.Message, StringComparison.Ordinal);
        if (damaged != "the end") Assert.Contains(damaged, failed.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    public static IEnumerable<TheoryDataRow<string>> GgufModels => GoldenFiles.Files(Path.Combine("gguf", "architectures"), ".gguf");

    [Theory]
    [MemberData(nameof(GgufModels))]
    public void A_gguf_base_gets_an_adapter_or_a_reason(string name)
    {
        var path = GoldenFiles.Require(Path.Combine("gguf", "architectures"), name + ".gguf");
        using var model = EditableModel.Open(path);
        var spec = model.Config.Spec;
        foreach (var input in (bool[])[false, true])
        {
            var target = _folder[$"{input}"];
            try
            {
                LoraExport.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(spec.HiddenSize, 1)] }, EditPlaces.Window(spec, 0, 99, embedding: !input))], target, new EditOptions { InputSide = input });
            }
            catch (InvalidInputException refused)
            {
                Assert.DoesNotContain("read back", refused.Message, StringComparison.Ordinal);
                Assert.Matches("all experts in one tensor|has a bias", refused.Message);
                continue;
            }
            using var adapted = Checkpoint.Open($"{path}+{target}");
            // Updated, or of the adapter's own file.
            Assert.Contains(adapted.Tensors, t => t.IsUpdated || t.Place?.Path.StartsWith(target, StringComparison.Ordinal) == true);
        }
    }

    [Fact]
    public void A_base_in_float64_gets_an_adapter_that_can_be_read()
    {
        var path = ModelCopy.As(DType.F64, GoldenFiles.Require("models", "gpt2"), _folder, "base");
        using (var model = EditableModel.Open(path)) LoraExport.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)] }, EditPlaces.All(model.Config.Spec))], _folder["out"]);
        using var adapted = EditableModel.Open($"{path}+{_folder["out"]}");
        Assert.True(adapted.HasAdapters);
    }

    [Fact]
    public void What_peft_cannot_hold_is_refused_by_name()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gpt_oss"));
        WeightEdit[] plan = [new(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Config.Spec.HiddenSize, 1)] }, EditPlaces.All(model.Config.Spec))];
        Assert.Contains("model.layers.0.mlp.experts.down_proj", Assert.Throws<InvalidInputException>(() => LoraExport.Write(model, plan, _folder["out"])).Message);
        Assert.Contains("rank", Assert.Throws<InvalidInputException>(() => LoraExport.Write(model, plan, _folder["out"], new EditOptions { PreserveNorms = true })).Message);
        // Without anything being written, too.
        Assert.Contains("model.layers.0.mlp.experts.down_proj", Assert.Throws<InvalidInputException>(() => LoraExport.Validate(model, plan)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_a_control_vector_adds_is_what_a_removal_takes_away()
    {
        // Orthogonally the projection of the difference; of the difference in means the difference itself.
        double[] difference = [3, -4, 0];
        Assert.Equal([-6f, 8f, 0], ControlVector.Shift(new Direction { Estimator = "difference_in_means", Vectors = [.6f, -.8f, 0] }, difference, -2).Select(v => MathF.Round(v, 5)));
        Assert.Equal([3f, 0, 0], ControlVector.Shift(new Direction { Estimator = "given", Vectors = [1, 0, 0, 0, 0, 1] }, difference, 1));
        // Obliquely along the vector, and the read-out sees the whole difference: w·shift = w·Δ.
        var oblique = new Direction { Estimator = "probe", Vectors = [1, 1, 0], Readouts = [.25f, .75f, 5] };
        Assert.Equal([-2.25f, -2.25f, 0], ControlVector.Shift(oblique, difference, 1));
        Assert.Throws<ArgumentException>(() => ControlVector.Shift(oblique, [1, 2], 1));
    }

    [Fact]
    public void A_control_vector_only_adds()
    {
        ControlVector.Write(_folder["v.gguf"], "llama", new Dictionary<int, System.Collections.Immutable.ImmutableArray<float>> { [2] = [1, 2, 3], [1] = [4, 5, 6] });
        using (var file = Assay.Checkpoints.Gguf.GgufFile.Open(_folder["v.gguf"]))
        {
            Assert.Equal(["direction.1", "direction.2"], file.Tensors.Select(t => t.Name));
            Assert.Equal([1, 2, 3], ModelCopy.Values(file.Tensors[1]));
            Assert.Equal([4, 5, 6], ModelCopy.Values(file.Tensors[0]));
            Assert.Equal("controlvector", file.Values["general.architecture"].Text());
        }
        Assert.Contains("block 0", Assert.Throws<InvalidInputException>(() => ControlVector.Write(_folder["w.gguf"], "llama", new Dictionary<int, System.Collections.Immutable.ImmutableArray<float>> { [0] = [1] })).Message);
        void Damage(string step)
        {
            var path = Path.Combine(Assert.Single(Directory.GetDirectories(_folder.Path, ".w.gguf.partial-*")), "w.gguf");
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
            stream.Position = stream.Length - 32;
            stream.WriteByte(1);
        }

        var failed = Assert.Throws<InvalidInputException>(() => ControlVector.Write(_folder["w.gguf"], "llama", new Dictionary<int, System.Collections.Immutable.ImmutableArray<float>> { [1] = [1, 2, 3] }, Damage));
        Assert.Contains("'direction.1' was read back otherwise", failed.Message, StringComparison.Ordinal);
        Assert.Equal(["v.gguf"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        Assert.Contains("cannot be written", Assert.Throws<InvalidInputException>(() => ControlVector.Write(_folder["none/w.gguf"], "llama", new Dictionary<int, System.Collections.Immutable.ImmutableArray<float>> { [1] = [1] })).Message);
        Assert.Contains("'probe'", Assert.Throws<InvalidInputException>(() => ControlVector.Refuse([new WeightEdit(new Direction { Estimator = "probe", Vectors = [1] }, [])])).Message);
    }

    private string WithoutNormBiases(string source)
    {
        using var checkpoint = Checkpoint.Open(source);
        Directory.CreateDirectory(_folder["base"]);
        File.WriteAllText(_folder["base/config.json"], checkpoint.ReadText("config.json"));
        SafetensorsWriter.Write(_folder["base/model.safetensors"], checkpoint.Tensors.Select(t => t.Name.Contains("ln_", StringComparison.Ordinal) && t.Name.EndsWith(".bias", StringComparison.Ordinal) ? TensorToWrite.From(t.Name, t.DType, t.Shape, new byte[t.ByteLength]) : TensorToWrite.From(t)));
        return _folder["base"];
    }
}
