using System.Text.Json;
using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

/// <summary>Edited checkpoints as files: types, shards, metadata, other files, adapters and GGUF bases, memory, refusals.</summary>
public sealed class MergedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static IEnumerable<TheoryDataRow<string>> Lora => GoldenFiles.Folders("lora");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", DType.BF16, 8)]
    [InlineData("llama", DType.F16, 11)]
    [InlineData("llama", DType.F32, 24)]
    [InlineData("gemma2", DType.BF16, 8)]
    [InlineData("gpt2", DType.F16, 11)]
    [InlineData("qwen2_moe", DType.BF16, 8)]
    public void What_is_left_of_the_direction_is_rounding_of_the_stored_type(string name, DType dtype, int bits)
    {
        using var model = EditableModel.Open(ModelCopy.As(dtype, GoldenFiles.Require("models", name), _folder));
        var report = MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["edited"]);
        var allowed = Math.ScaleB(1, -bits);
        Assert.All(report.Edited, e => Assert.True(e.Error <= allowed && e.Residual <= allowed, $"{e.Name}: {e.Error:e2}, {e.Residual:e2}"));
        Assert.All(report.Edited, e => Assert.Equal(dtype, e.DType));
        // Against a slow reference of the definition, the nearest that the type holds: one tensor, element by element.
        using var edited = Checkpoint.Open(_folder["edited"]);
        var tensor = edited[model.Names.Stored[model.Config.Spec.Embedding]];
        var (before, after, v) = (ModelCopy.Doubles(model.Weights[model.Config.Spec.Embedding]), ModelCopy.Doubles(tensor), Vector(model, 1));
        var norm = v.Sum(x => (double)x * x);
        for (var row = 0; row < 40; row++)
        {
            var along = v.Select((x, i) => x * before[row * v.Length + i]).Sum() / norm;
            for (var i = 0; i < v.Length; i++)
            {
                var exact = before[row * v.Length + i] - along * v[i];
                Assert.True(Math.Abs(after[row * v.Length + i] - exact) <= Math.Abs(exact) * Math.ScaleB(1.001, -bits) + (dtype == DType.F16 ? 3e-8 : 0));
            }
        }
    }

    [Fact]
    public void Everything_else_in_the_folder_is_kept_and_other_copies_of_the_weights_are_left_out()
    {
        var source = ModelCopy.As(DType.BF16, GoldenFiles.Require("models", "llama"), _folder);
        File.WriteAllText(Path.Combine(source, "README.md"), "A model.");
        Directory.CreateDirectory(Path.Combine(source, "more"));
        File.WriteAllBytes(Path.Combine(source, "more", "notes.bin"), [1, 2, 3]);
        File.WriteAllBytes(Path.Combine(source, "pytorch_model.bin"), [1]);
        File.WriteAllBytes(Path.Combine(source, "llama.gguf"), [1]);
        using var model = EditableModel.Open(source);
        var report = MergedCheckpoint.Write(model, [Removal(model, 2)], _folder["edited"]);
        Assert.Equal(["llama.gguf", "pytorch_model.bin"], report.LeftOut);
        var (old, now) = (TemporaryFolder.Contents(source), TemporaryFolder.Contents(_folder["edited"]));
        Assert.Equal(["README.md", "config.json", "model.safetensors", "more/notes.bin"], now.Keys);
        foreach (var (name, bytes) in now)
            if (name != "model.safetensors") Assert.Equal(old[name], bytes);
        // The header with its metadata is the base's.
        var header = 8 + (int)BitConverter.ToInt64(old["model.safetensors"]);
        Assert.Equal(old["model.safetensors"][..header], now["model.safetensors"][..header]);
    }

    [Fact]
    public void An_untied_heads_shard_and_index_name_it()
    {
        using (var source = Checkpoint.Open(GoldenFiles.Require("models", "gemma2"))) CheckpointWriter.Copy(source, _folder["shards"], maxShardBytes: 100_000);
        using var model = EditableModel.Open(_folder["shards"]);
        MergedCheckpoint.Write(model, [Removal(model, 3)], _folder["edited"]);
        using var index = JsonDocument.Parse(File.ReadAllText(_folder["edited/model.safetensors.index.json"]));
        using var old = JsonDocument.Parse(File.ReadAllText(_folder["shards/model.safetensors.index.json"]));
        var shard = index.RootElement.GetProperty("weight_map").GetProperty("lm_head.weight").GetString()!;
        using var file = SafetensorsFile.Open(_folder["edited/" + shard]);
        var head = file.Tensors.Single(t => t.Name == "lm_head.weight");
        Assert.Equal(ModelCopy.Bytes(model.Weights[model.Config.Spec.Embedding]), ModelCopy.Bytes(head));
        Assert.Equal(old.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64() + head.ByteLength, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        using var edited = LanguageModel.Open(_folder["edited"]);
        Assert.False(edited.Config.TiedHead);
    }

    [Theory, MemberData(nameof(Lora))]
    public void A_base_with_an_adapter_is_merged_and_edited_in_the_bases_types(string name)
    {
        var adapter = GoldenFiles.Require("lora", name);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(adapter, "adapter_config.json")));
        var plain = GoldenFiles.Require("models", Path.GetFileName(json.RootElement.GetProperty("base_model_name_or_path").GetString()!));
        using var model = EditableModel.Open($"{plain}+{adapter}");
        var report = MergedCheckpoint.Write(model, [Removal(model, 4)], _folder["edited"]);
        Assert.NotEmpty(report.Edited);
        using var container = Checkpoint.Open(plain);
        using var edited = Checkpoint.Open(_folder["edited"]);
        foreach (var tensor in container.Tensors) Assert.Equal((tensor.DType, ProblemList.Format(tensor.Shape)), (edited[tensor.Name].DType, ProblemList.Format(edited[tensor.Name].Shape)));
        // What the adapter changes and the edit does not is W + ΔW, rounded once.
        foreach (var merged in report.Merged)
        {
            var wanted = ModelCopy.Values(model.Checkpoint[merged]);
            var got = ModelCopy.Values(edited[merged]);
            for (var i = 0; i < wanted.Length; i++) Assert.True(Math.Abs(wanted[i] - got[i]) <= Math.Abs(wanted[i]) / 256, $"{merged}[{i}]");
        }
        if (name == "gpt2-transposed") Assert.Contains("transformer.h.0.attn.c_attn.weight", report.Merged);
    }

    [Theory]
    [InlineData("llama3-rope")]
    [InlineData("mixtral")]
    [InlineData("gpt2")]
    [InlineData("gemma2")]
    [InlineData("phi3")]
    [InlineData("qwen3_moe")]
    public void A_gguf_file_keeps_its_header_and_gets_the_same_weights(string name)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("gguf", $"architectures/{name}.gguf"));
        var embedding = !model.Config.TiedHead;
        WeightEdit[] plan = [new(new Direction { Estimator = "given", Vectors = [.. Vector(model, 5)] }, EditPlaces.Window(model.Config.Spec, 0, 99, embedding: embedding))];
        var report = MergedCheckpoint.Write(model, plan, _folder["edited.gguf"]);
        Assert.Equal(["edited.gguf"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        var (old, now) = (File.ReadAllBytes(model.Checkpoint.Path), File.ReadAllBytes(_folder["edited.gguf"]));
        Assert.Equal(old.Length, now.Length);
        using (var file = Assay.Checkpoints.Gguf.GgufFile.Open(_folder["edited.gguf"])) Assert.Equal(old[..(int)file.DataStart], now[..(int)file.DataStart]);
        // The same plan on the checkpoint that the file was made from, in float32.
        using var plain = EditableModel.Open(ModelCopy.As(DType.F32, GoldenFiles.Require("models", name), _folder));
        MergedCheckpoint.Write(plain, plan, _folder["edited"]);
        using var edited = EditableModel.Open(_folder["edited"]);
        using var back = EditableModel.Open(_folder["edited.gguf"]);
        foreach (var (tensor, expected) in edited.Weights)
        {
            var (got, wanted) = (ModelCopy.Values(back.Weights[tensor]), ModelCopy.Values(expected));
            for (var i = 0; i < got.Length; i++) Assert.True(Math.Abs(got[i] - wanted[i]) <= 1e-6, $"{tensor}[{i}]: {got[i]}, {wanted[i]}");
        }
        Assert.NotEmpty(report.Edited);
    }

    [Fact]
    public void Quantised_gguf_tensors_and_a_tied_head_there_are_refused_by_name()
    {
        using var quantised = EditableModel.Open(GoldenFiles.Require("gguf", "organism-q8_0.gguf"));
        var refused = Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(quantised, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. Vector(quantised, 1)] }, EditPlaces.Window(quantised.Config.Spec, 1, 1))], _folder["edited.gguf"]));
        Assert.Contains("model.layers.1.self_attn.o_proj.weight", refused.Message);
        Assert.Contains("Q8_0", refused.Message);
        using var tied = EditableModel.Open(GoldenFiles.Require("gguf", "architectures/gemma2.gguf"));
        Assert.Contains("head", Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(tied, [Removal(tied, 1)], _folder["edited.gguf"])).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Plans_for_another_model_are_refused()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        var direction = new Direction { Estimator = "given", Vectors = [.. Vector(model, 1)] };
        void Refused(WeightEdit edit, string why) => Assert.Contains(why, Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [edit], _folder["edited"])).Message);
        Refused(new WeightEdit(direction, [new EditPlace(99, ResidualWriter.Mlp, 1)]), "layer 99");
        Refused(new WeightEdit(direction with { Vectors = [1, 2, 3] }, EditPlaces.All(model.Config.Spec)), "wide");
        Refused(new WeightEdit(direction with { Vectors = [.. new float[model.Config.Spec.HiddenSize]] }, EditPlaces.All(model.Config.Spec)), "no length");
        Refused(new WeightEdit(direction with { Vectors = [float.NaN, .. direction.Vectors.Skip(1)] }, EditPlaces.All(model.Config.Spec)), "finite");
        Refused(new WeightEdit(direction, EditPlaces.All(model.Config.Spec, double.NaN)), "finite");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Memory_is_rows_not_tensors()
    {
        SyntheticCheckpoint.Write(_folder["large"], SyntheticCheckpoint.LlamaConfig(4, 512, 8, 8, 2048, 16_000), 3);
        var size = new FileInfo(_folder["large/model.safetensors"]).Length;
        using var model = EditableModel.Open(_folder["large"]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["edited"]);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // All that is ever allocated, let alone held at once, is less than a quarter of the checkpoint.
        Assert.True(allocated < size / 4, $"{allocated} of {size} bytes");
    }

    private static float[] Vector(EditableModel model, int seed) => ModelCopy.Unit(model.Config.Spec.HiddenSize, seed);

    private static WeightEdit Removal(EditableModel model, int seed) => new(new Direction { Estimator = "given", Vectors = [.. Vector(model, seed)] }, EditPlaces.All(model.Config.Spec));
}
