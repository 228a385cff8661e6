using System.Buffers.Binary;
using System.Text.Json;
using Assay.Models;

namespace Assay.Tests.Golden.Configs;

/// <summary>The configs of the golden checkpoints, in both spellings, against the tensors really stored beside them.</summary>
public sealed class ModelFolderGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Folders("models");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_spellings_are_one_model(string name)
    {
        var five = Load(name, "config.json");
        var four = Load(name, "config-4.57.json");
        Assert.Equal(five.Canonical, four.Canonical);
        Assert.Equal(five.BosTokenId, four.BosTokenId);
        Assert.Equal(five.EosTokenIds, four.EosTokenIds);
        Assert.Equal(five.DType, four.DType);
        Assert.Equal(five.TiedHead, four.TiedHead);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Expected_tensors_are_those_stored(string name)
    {
        var config = Load(name, "config.json");
        var stored = Header(GoldenFiles.Require("models", Path.Combine(name, "model.safetensors")));
        var match = config.Match(stored.Keys);
        Assert.Empty(match.Buffers);
        Assert.Equal(stored.Count, match.Stored.Count);
        foreach (var tensor in config.Tensors.Where(t => !t.Optional)) Assert.Equal(stored[match.Stored[tensor.Name]], tensor.Shape);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_map_of_the_spec_lies_within_a_stored_tensor(string name)
    {
        var config = Load(name, "config.json");
        var stored = Header(GoldenFiles.Require("models", Path.Combine(name, "model.safetensors")));
        var maps = config.Spec.Layers.SelectMany(l => l.Maps()).Append(config.Spec.Head).ToList();
        foreach (var map in maps)
        {
            // Leading axes are the experts'.
            var shape = stored[map.Weight];
            var (inputs, outputs) = map.Transposed ? (shape[..^1].Aggregate(1L, (a, b) => a * b), shape[^1]) : (shape[^1], shape[..^1].Aggregate(1L, (a, b) => a * b));
            if (shape.Length == 2) Assert.Equal(map.Inputs, inputs);
            Assert.InRange(map.FirstInput + map.Inputs, 1, inputs);
            var span = map.Block == 0 ? map.Outputs : (map.Outputs / map.Block - 1) * map.BlockStride + map.Block;
            Assert.InRange(map.FirstOutput + span, 1, outputs);
            if (map.Bias is { } bias) Assert.InRange((map.FirstBias ?? map.FirstOutput) + span, 1, stored[bias].Aggregate(1L, (a, b) => a * b));
        }
        // Whatever is stored is used: by a map, a norm or an embedding.
        var used = config.Spec.Layers.SelectMany(l => l.Tensors()).Concat([config.Spec.FinalNorm.Weight, config.Spec.FinalNorm.Bias, config.Spec.Head.Weight, config.Spec.Embedding, config.Spec.PositionEmbedding]);
        Assert.Empty(stored.Keys.Except(used.OfType<string>()));
    }

    /// <summary>The bundled organisms, one row for each folder with a config.</summary>
    public static IEnumerable<TheoryDataRow<string>> Organisms
    {
        get
        {
            var root = Path.Combine(GoldenFiles.Repository, "organisms");
            var names = Directory.Exists(root) ? Directory.GetFiles(root, "config.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, Path.GetDirectoryName(f)!)).Order(StringComparer.Ordinal).ToList() : [];
            return names.Count == 0 ? [new TheoryDataRow<string>("organisms") { Skip = root + " is not there." }] : names.Select(n => new TheoryDataRow<string>(n));
        }
    }

    [Theory]
    [MemberData(nameof(Organisms))]
    public void Organisms_are_read_and_all_their_tensors_found(string name) => Fits(Path.Combine(GoldenFiles.Repository, "organisms", name));

    [Theory]
    [InlineData("models/stories260k")]
    [InlineData("models/tiny-gpt2-random")]
    public void Published_checkpoints_are_read_and_all_their_tensors_found(string name) => Fits(GoldenFiles.RequireInterop(name));

    private static void Fits(string folder)
    {
        var config = ModelConfig.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        var stored = Directory.GetFiles(folder, "*.safetensors").SelectMany(Header).ToDictionary();
        var match = config.Match(stored.Keys);
        foreach (var tensor in config.Tensors.Where(t => match.Stored.ContainsKey(t.Name))) Assert.Equal(stored[match.Stored[tensor.Name]], tensor.Shape);
    }

    private static ModelConfig Load(string name, string file)
    {
        var text = File.ReadAllText(GoldenFiles.Require("models", Path.Combine(name, file)));
        return GoldenFiles.OrSkip(() => ModelConfig.Parse(text, $"{name}/{file}"));
    }

    private static Dictionary<string, long[]> Header(string path)
    {
        using var stream = File.OpenRead(path);
        var length = new byte[8];
        stream.ReadExactly(length);
        var header = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        stream.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        return json.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__")
            .ToDictionary(t => t.Name, t => t.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray());
    }
}
