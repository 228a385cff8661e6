using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Golden.Gguf;

/// <summary>Models as llama.cpp's converter writes them: the checkpoint's tensors bit for bit, and its logits.</summary>
public sealed class ArchitectureTests
{
    // GGUF cannot say these: llama.cpp's own value stands, and the checkpoint is run with it.
    private static readonly Dictionary<string, (string Key, JsonNode Value)> Overridden = new()
    {
        ["gemma2"] = ("query_pre_attn_scalar", 24),
        ["qwen3_moe"] = ("norm_topk_prob", true),
    };

    public static IEnumerable<TheoryDataRow<string>> Models() => GoldenFiles.Files(Path.Combine("gguf", "architectures"), ".gguf");

    [Theory]
    [MemberData(nameof(Models))]
    public void The_weights_hash_is_the_checkpoints(string name)
    {
        var original = GoldenFiles.Require("models", name);
        using var folder = new TemporaryFolder();
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(original, "config.json")))!.AsObject();
        if (Overridden.TryGetValue(name, out var other)) config[other.Key] = other.Value.DeepClone();
        folder.Write("config.json", config.ToJsonString());
        File.Copy(Path.Combine(original, "model.safetensors"), folder["model.safetensors"]);
        using var converted = EditableModel.Open(GoldenFiles.Require(Path.Combine("gguf", "architectures"), name + ".gguf"));
        using var expected = EditableModel.Open(folder.Path);
        Assert.Equal(expected.Hash(), converted.Hash(2));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Tensors_are_the_checkpoints_bit_for_bit(string name)
    {
        using var converted = GoldenFiles.OrSkip(() => Checkpoint.Open(GoldenFiles.Require(Path.Combine("gguf", "architectures"), name + ".gguf")));
        using var original = Checkpoint.Open(GoldenFiles.Require("models", name));
        Assert.Equal(original.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), converted.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var expected in original.Tensors)
        {
            var tensor = converted[expected.Name];
            Assert.Equal(expected.Shape.AsEnumerable(), tensor.Shape.AsEnumerable());
            float[] want = new float[expected.Count], got = new float[tensor.Count];
            expected.Read(0, want);
            tensor.Read(0, got);
            for (var i = 0; i < want.Length; i++) Assert.True(BitConverter.SingleToInt32Bits(want[i]) == BitConverter.SingleToInt32Bits(got[i]), $"{expected.Name}, element {i}: {got[i]:r} instead of {want[i]:r}");
            // The bytes are those of the values, from anywhere.
            var bytes = new byte[tensor.ByteLength];
            tensor.ReadBytes(0, bytes);
            Assert.Equal(got, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            var piece = new byte[Math.Min(bytes.Length - 5, 333)];
            tensor.ReadBytes(5, piece);
            Assert.Equal(bytes[5..(5 + piece.Length)], piece);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_are_the_checkpoints(string name)
    {
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(GoldenFiles.Require(Path.Combine("gguf", "architectures"), name + ".gguf")));
        Assert.Null(model.Tokenizer);
        Assert.Null(model.ChatTemplate);
        var folder = GoldenFiles.Require("models", name);
        using var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        using var changed = Overridden.TryGetValue(name, out var one) ? WithConfig(folder, one.Key, one.Value) : null;
        for (var i = 0; GoldenTensors.Has(golden, $"ids.{i}"); i++)
        {
            var ids = GoldenTensors.Ints(golden, $"ids.{i}");
            var want = changed is null ? GoldenTensors.Floats(golden, $"logits.{i}") : changed.Logits(ids);
            var got = model.Logits(ids);
            Assert.Equal(want.Length, got.Length);
            var worst = want.Zip(got, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(worst <= 1e-4, $"ids.{i}: {worst}");
        }
    }

    [Theory]
    [InlineData("gemma2", "query_pre_attn_scalar", "24", "models/gemma2.cpp")]
    [InlineData("gemma2", "rope_theta", "10000", "10000")]
    [InlineData("qwen3_moe", "norm_topk_prob", "true", "models/qwen3moe.cpp")]
    [InlineData("llama", "hidden_act", "silu", "LLM_FFN_SILU")]
    [InlineData("mixtral", "head_dim", "16", "embedding_length over")]
    public void What_the_file_does_not_say_is_shown_as_defaulted_with_its_source(string name, string key, string value, string source)
    {
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(GoldenFiles.Require(Path.Combine("gguf", "architectures"), name + ".gguf")));
        var resolved = model.Config.Resolved.Single(r => r.Key == key);
        Assert.Equal(value, resolved.Value);
        Assert.Equal(ValueSource.Defaulted, resolved.Source);
        Assert.Contains(source, resolved.Detail, StringComparison.Ordinal);
    }

    private static LanguageModel WithConfig(string folder, string key, JsonNode value)
    {
        var copy = Directory.CreateTempSubdirectory("assay-").FullName;
        try
        {
            var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
            Assert.True(config.ContainsKey(key));
            config[key] = value.DeepClone();
            File.WriteAllText(Path.Combine(copy, "config.json"), config.ToJsonString());
            File.Copy(Path.Combine(folder, "model.safetensors"), Path.Combine(copy, "model.safetensors"));
            return LanguageModel.Open(copy);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
