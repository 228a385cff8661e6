using System.Text.Json;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Every kind of MODEL on the command line.</summary>
[Collection("Hugging Face cache")] // The variable that names it belongs to the process.
public sealed class ModelArgumentTests : IDisposable
{
    private const string Commit = "fedcba9876543210fedcba9876543210fedcba98";

    private readonly string _folder = Directory.CreateTempSubdirectory("assay-model-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Organism => Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");

    private string Text()
    {
        var path = Path.Combine(_folder, "text.txt");
        File.WriteAllText(path, "The cat sat on the mat. Three and four make seven.\n");
        return path;
    }

    private double Nll(string model)
    {
        var (code, output, error) = CommandLine.Run("score", model, "--text", Text(), "--json", "-q");
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement.GetProperty("nll").GetDouble();
    }

    [Fact]
    public void Vetting_a_model_against_its_quantised_self_names_the_difference()
    {
        var quantised = GoldenFiles.Require("gguf", "organism-q8_0.gguf");
        var (code, output, error) = CommandLine.Run("vet", Organism, quantised, "--items", "32", "--documents", "2", "--max-new-tokens", "16", "--measures",
            VetCommandTests.Few, "-q", "-o", Path.Combine(_folder, "run"));
        Assert.True(code == 0, error);
        Assert.Contains("QUANTISED", output, StringComparison.Ordinal);
        var report = File.ReadAllText(Path.Combine(_folder, "run", "report.md"));
        Assert.Contains("The difference is quantisation alone", report, StringComparison.Ordinal);
        Assert.Contains("44 matrices were quantised to Q8\\_0", report, StringComparison.Ordinal);
        Assert.DoesNotContain("WEIGHTS-CHANGED", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quantised_sibling_is_not_named_quantisation_alone()
    {
        var quantised = GoldenFiles.Require("gguf", "organism-q8_0.gguf");
        var before = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "before");
        var (code, output, error) = CommandLine.Run("vet", before, quantised, "--items", "32", "--documents", "2", "--max-new-tokens", "16", "--measures",
            VetCommandTests.Few, "-q", "-o", Path.Combine(_folder, "run"));
        // The refusals are gone, and nobody asked what that cost.
        Assert.True(code == 2, error);
        Assert.Contains("WEIGHTS-CHANGED", output, StringComparison.Ordinal);
        Assert.DoesNotContain("quantisation alone", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("organism-f32", 1e-12)]
    [InlineData("organism-bf16", .01)]
    [InlineData("organism-f16", .001)]
    [InlineData("organism-q8_0", .03)]
    public void Score_generate_and_inspect_take_gguf(string name, double tolerance)
    {
        var path = GoldenFiles.Require("gguf", name + ".gguf");
        Assert.Equal(Nll(Organism), Nll(path), tolerance);
        var (_, expected, _) = CommandLine.Run("generate", Organism, "What is three plus four?", "--greedy", "--max-new-tokens", "12");
        var (code, output, error) = CommandLine.Run("generate", path, "What is three plus four?", "--greedy", "--max-new-tokens", "12");
        Assert.True(code == 0, error);
        Assert.Equal(expected, output);
        (code, output, _) = CommandLine.Run("inspect", path);
        Assert.Equal(0, code);
        Assert.Contains("Defaulted: llama.cpp", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_behind_a_plus_sign_and_a_model_of_the_cache_are_models()
    {
        var before = Environment.GetEnvironmentVariable("HF_HUB_CACHE");
        var snapshot = Path.Combine(_folder, "hub", "models--org--organism", "snapshots", Commit);
        Directory.CreateDirectory(snapshot);
        foreach (var file in Directory.GetFiles(Organism)) File.Copy(file, Path.Combine(snapshot, Path.GetFileName(file)));
        Directory.CreateDirectory(Path.Combine(_folder, "hub", "models--org--organism", "refs"));
        File.WriteAllText(Path.Combine(_folder, "hub", "models--org--organism", "refs", "main"), Commit);
        var adapter = Path.Combine(_folder, "tune");
        Directory.CreateDirectory(adapter);
        File.WriteAllText(Path.Combine(adapter, "adapter_config.json"), """{"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": ["o_proj"]}""");
        var values = Enumerable.Range(0, 192).Select(i => (i % 7 - 3) * .01f).ToArray();
        Assay.Checkpoints.SafetensorsWriter.Write(Path.Combine(adapter, "adapter_model.safetensors"),
        [
            Assay.Checkpoints.TensorToWrite.From("base_model.model.model.layers.2.self_attn.o_proj.lora_A.weight", [1, 192], values),
            Assay.Checkpoints.TensorToWrite.From("base_model.model.model.layers.2.self_attn.o_proj.lora_B.weight", [192, 1], values),
        ]);
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", Path.Combine(_folder, "hub"));
        try
        {
            Assert.Equal(Nll(Organism), Nll("org/organism"));
            Assert.NotEqual(Nll(Organism), Nll("org/organism+" + adapter));
            var (code, output, error) = CommandLine.Run("vet", "org/organism", "org/organism+" + adapter, "--items", "32", "--documents", "2",
                "--max-new-tokens", "8", "--measures", VetCommandTests.Few, "-q", "-o", Path.Combine(_folder, "run"));
            Assert.True(code == 2, error);
            Assert.Contains($"organism@{Commit}+tune", output, StringComparison.Ordinal);
            using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "run", "report.json")));
            Assert.Equal("1 of 57", report.RootElement.GetProperty("compared").GetProperty("tensors_that_differ").GetString());
            Assert.Contains(Commit, report.RootElement.GetRawText(), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", before);
        }
    }

    [Theory]
    [InlineData("no/such")]
    [InlineData("missing.gguf")]
    [InlineData("a+b")]
    public void What_is_not_there_is_invalid_input(string model)
    {
        var (code, _, error) = CommandLine.Run("score", model, "--text", Text());
        Assert.Equal(65, code);
        Assert.Contains("no such", error, StringComparison.Ordinal);
    }
}
