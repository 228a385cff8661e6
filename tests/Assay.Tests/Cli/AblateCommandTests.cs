using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Directions.Edits;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Flags of <c>assay ablate</c>, in process, on a bundled organism stored as bf16 with a tied head; each is seen in the saved model.</summary>
public sealed class AblateCommandTests : IDisposable
{
    // Rounding to bf16.
    private const double Rounding = 1 / 256.0;
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    private static readonly string Model = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned");
    private readonly TemporaryFolder _folder = new();
    private readonly float[] _v = ModelCopy.Unit(192, 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Preserve_norms_keeps_the_norm_of_every_column()
    {
        Written(embedding: true, "--preserve-norms");
        Written(embedding: true, "plain");
        using var model = Checkpoint.Open(Model);
        using var kept = Checkpoint.Open(_folder["--preserve-norms"]);
        using var plain = Checkpoint.Open(_folder["plain"]);
        foreach (var name in model.Tensors.Select(t => t.Name).Where(n => n.EndsWith("o_proj.weight", StringComparison.Ordinal) || n.EndsWith("down_proj.weight", StringComparison.Ordinal) || n == Embedding))
        {
            var rows = name == Embedding; // A token's row is a column of (out, in).
            var (before, after, without) = (Norms(model[name], rows), Norms(kept[name], rows), Norms(plain[name], rows));
            Assert.All(before.Zip(after), n => Assert.InRange(n.Second / n.First, 1 - Rounding, 1 + Rounding));
            Assert.Contains(before.Zip(without), n => n.Second / n.First < 1 - 1.5 * Rounding);
        }
        Assert.True(Seen(kept[Embedding], _v) <= Rounding, "The embedding still writes the direction.");
    }

    [Fact]
    public void Input_side_makes_what_reads_blind_and_leaves_what_writes()
    {
        Written(embedding: false, "--input-side");
        using var model = Checkpoint.Open(Model);
        using var edited = Checkpoint.Open(_folder["--input-side"]);
        var readers = 0;
        foreach (var tensor in model.Tensors)
        {
            var norm = tensor.Name.Split('.')[^2] switch { "q_proj" or "k_proj" or "v_proj" => "input_layernorm", "gate_proj" or "up_proj" => "pre_feedforward_layernorm", _ => null };
            if (norm is null)
            {
                Assert.Equal(ModelCopy.Bytes(tensor), ModelCopy.Bytes(edited[tensor.Name]));
                continue;
            }
            readers++;
            // What the norm hands on of the direction: (1 + weight) ⊙ v.
            var gain = ModelCopy.Values(model[$"model.layers.{tensor.Name.Split('.')[2]}.{norm}.weight"]);
            float[] along = [.. _v.Select((x, i) => x * (1 + gain[i]))];
            Assert.True(Seen(edited[tensor.Name], along) <= Rounding, tensor.Name);
            Assert.True(Seen(model[tensor.Name], along) > 4 * Rounding, $"{tensor.Name} was blind before.");
        }
        Assert.Equal(20, readers);
        Assert.False(edited.TryGet(Head, out _));
    }

    [Fact]
    public void Keep_tied_head_lets_the_head_change_with_the_embedding()
    {
        Written(embedding: true, "--keep-tied-head");
        Written(embedding: true, "plain");
        using var model = Checkpoint.Open(Model);
        using (var tied = EditableModel.Open(_folder["--keep-tied-head"]))
        {
            Assert.True(tied.Config.TiedHead);
            Assert.False(tied.Checkpoint.TryGet(Head, out _));
            Assert.True(Seen(tied.Checkpoint[Embedding], _v) <= Rounding);
        }
        using var untied = EditableModel.Open(_folder["plain"]);
        Assert.False(untied.Config.TiedHead);
        Assert.Equal(ModelCopy.Bytes(model[Embedding]), ModelCopy.Bytes(untied.Checkpoint[Head]));
        Assert.True(Seen(untied.Checkpoint[Embedding], _v) <= Rounding);
        Assert.True(Seen(untied.Checkpoint[Head], _v) > 4 * Rounding);
    }

    /// <summary>llama.cpp creates Gemma 2's output from the embedding, whatever the file holds (src/models/gemma2.cpp), and its converter leaves the head
    /// out.</summary>
    [Theory]
    [InlineData(true, "becomes a tensor of its own with the base's rows", true)]
    [InlineData(true, "stays the embedding, so that its rows are edited too", false, "--keep-tied-head")]
    [InlineData(false, null, false)]
    [InlineData(true, "becomes a tensor of its own with the base's rows", true, "--as", "lora")]
    [InlineData(true, "becomes a tensor of its own with the base's rows", true, "--dry-run")]
    public void A_head_that_llama_cpp_would_not_read_is_told(bool embedding, string? fate, bool warned, params string[] flags)
    {
        Edit(embedding);
        var (code, output, error) = Ablate(flags);
        Assert.True(code == 0, error);
        if (fate is null) Assert.DoesNotContain("head ", output, StringComparison.Ordinal);
        else Assert.Contains(fate, output, StringComparison.Ordinal);
        Assert.Equal(warned, output.Contains("gemma2 with a head of its own: llama.cpp takes the embedding for the head", StringComparison.Ordinal));
        Assert.Equal(warned, output.Contains("With --keep-tied-head", StringComparison.Ordinal));
    }

    /// <summary>Architectures whose head llama.cpp reads have nothing to be told of; a base's own head is told where it does not.</summary>
    [Theory]
    [InlineData("llama-tied-mha", null)]
    [InlineData("qwen3", null)]
    [InlineData("gemma", "llama.cpp takes the embedding")]
    [InlineData("cohere", "llama.cpp takes the embedding")]
    [InlineData("gemma3", "older builds of llama.cpp")]
    public void Of_which_architectures_is_from_llama_cpp(string name, string? warning)
    {
        using var model = EditableModel.Open(Path.Combine(GoldenFiles.Repository, "golden", "models", name));
        WeightEdit[] plan = [new(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Config.Spec.HiddenSize, 1)] },
            EditPlaces.Window(model.Config.Spec, 0, 99, embedding: true))];
        var told = TiedHeads.Warning(model, plan, new EditOptions());
        if (warning is null) Assert.Null(told);
        else Assert.Contains(warning, told, StringComparison.Ordinal);
        Assert.Null(TiedHeads.Warning(model, plan, new EditOptions { KeepTiedHead = true }));
    }

    [Fact]
    public void Flags_are_kept_in_an_edit_file()
    {
        Edit(embedding: true);
        Assert.Equal(0, Ablate("--as", "edit", "--preserve-norms", "--keep-tied-head").Code);
        Assert.Equal(new EditOptions { PreserveNorms = true, KeepTiedHead = true }, EditFile.Read(_folder["out"]).Options);
    }

    [Theory]
    [InlineData(false, "full rank", "--as", "lora", "--preserve-norms")]
    [InlineData(false, "full rank", "--as", "lora", "--preserve-norms", "--dry-run")]
    [InlineData(true, "a head of its own", "--as", "lora", "--keep-tied-head")]
    [InlineData(true, "a head of its own", "--as", "lora", "--keep-tied-head", "--dry-run")]
    [InlineData(false, "Choose one of the two", "--preserve-norms", "--input-side")]
    [InlineData(false, "Choose one of the two", "--preserve-norms", "--input-side", "--dry-run")]
    [InlineData(true, "reads no residual stream", "--input-side")]
    [InlineData(false, "Choose one of the two", "--as", "edit", "--preserve-norms", "--input-side")]
    [InlineData(true, "reads no residual stream", "--as", "edit", "--input-side")]
    public void What_cannot_be_is_refused_with_its_reason(bool embedding, string why, params string[] flags)
    {
        Edit(embedding);
        var (code, _, error) = Ablate(flags);
        Assert.Equal(65, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Equal(["edit.safetensors"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>The edited model, in a folder of the flag's name.</summary>
    private void Written(bool embedding, string flag)
    {
        Edit(embedding);
        string[] flags = flag.StartsWith('-') ? [flag] : [];
        var (code, output, error) = CommandLine.Run(["ablate", Model, "--direction", _folder["edit.safetensors"], "-o", _folder[flag], "-q", .. flags]);
        Assert.True(code == 0, error);
        Assert.Contains("read back as promised", output, StringComparison.Ordinal);
    }

    private void Edit(bool embedding)
    {
        using var model = EditableModel.Open(Model);
        EditFile.For(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. _v] }, EditPlaces.Window(model.Config.Spec, 0, 99, embedding: embedding))]).Write(_folder["edit.safetensors"], overwrite: true);
    }

    private (int Code, string Out, string Error) Ablate(params string[] flags) => CommandLine.Run(["ablate", Model, "--direction", _folder["edit.safetensors"], "-o", _folder["out"], "-q", .. flags]);

    /// <summary>‖W u‖ / (‖W‖ ‖u‖): how much the rows hold of a direction.</summary>
    private static double Seen(Tensor tensor, float[] u)
    {
        var values = ModelCopy.Values(tensor);
        double seen = 0;
        for (var at = 0; at < values.Length; at += u.Length)
        {
            double dot = 0;
            for (var i = 0; i < u.Length; i++) dot += values[at + i] * (double)u[i];
            seen += dot * dot;
        }
        return Math.Sqrt(seen / (values.Sum(x => (double)x * x) * u.Sum(x => (double)x * x)));
    }

    private static double[] Norms(Tensor tensor, bool rows)
    {
        var (values, width) = (ModelCopy.Values(tensor), (int)tensor.Shape[1]);
        var squares = new double[rows ? tensor.Shape[0] : width];
        for (var at = 0; at < values.Length; at++) squares[rows ? at / width : at % width] += (double)values[at] * values[at];
        return [.. squares.Select(Math.Sqrt)];
    }
}
