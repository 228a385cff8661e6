using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Cli;
using Assay.Tests.Checkpoints;
using Assay.Tests.Evaluation.Diffing;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary><c>assay diff</c>, in process.</summary>
public sealed class DiffCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Organism(string stage) => Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", stage);

    private (string Base, string Candidate) Pair()
    {
        var model = ChangedModel.Random(1);
        var changed = model.Copy();
        var name = "model.layers.1.mlp.down_proj.weight";
        for (var i = 0; i < changed[name].Length; i++) changed[name][i] += .001 * (i / 112 % 5) * (i % 112 % 7);
        return (model.Write(_folder, "base"), changed.Write(_folder, "candidate"));
    }

    [Fact]
    public void The_story_the_table_and_the_folder_are_written()
    {
        var (a, b) = Pair();
        var (code, output, error) = CommandLine.Run("diff", a, b, "-o", _folder["run"]);
        Assert.True(code == 0, error);
        Assert.StartsWith("A matrix of rank 1 was added to model.layers.1.mlp.down_proj.weight", output, StringComparison.Ordinal);
        Assert.Contains("1 of 30 tensors differ", output, StringComparison.Ordinal);
        Assert.Contains("mlp.down_proj.weight", output, StringComparison.Ordinal);
        var json = JsonDocument.Parse(File.ReadAllText(_folder["run/diff.json"])).RootElement;
        Assert.Equal("assay-diff-1", json.GetProperty("schema").GetString());
        Assert.Equal(output.Split('\n')[0], json.GetProperty("story").GetProperty("sentence").GetString());
        var tensor = Assert.Single(json.GetProperty("tensors").EnumerateArray());
        Assert.Equal(("low_rank", 1, "writes", "left", 1), (tensor.GetProperty("kind").GetString(), tensor.GetProperty("spectrum").GetProperty("rank").GetInt32(), tensor.GetProperty("role").GetString(),
            tensor.GetProperty("residual_side").GetString(), tensor.GetProperty("layer").GetInt32()));
        Assert.StartsWith("# base → candidate\n", File.ReadAllText(_folder["run/diff.md"]), StringComparison.Ordinal);
        foreach (var line in File.ReadAllLines(_folder["run/SHA256SUMS"]))
            Assert.Equal(line[..64], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder["run/" + line[66..]]))));
        Assert.Equal(["SHA256SUMS", "diff.json", "diff.md", "environment.json"], Directory.GetFiles(_folder["run"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Json_on_standard_output_is_the_file_whatever_the_threads()
    {
        var (a, b) = Pair();
        var runs = ((string[])["1", "2", "5"]).Select(threads => CommandLine.Run("diff", a, b, "--json", "--threads", threads, "-q", "-o", _folder["run" + threads])).ToList();
        Assert.All(runs, r => Assert.Equal((0, runs[0].Out, ""), r));
        Assert.Equal(File.ReadAllText(_folder["run1/diff.json"]), runs[0].Out);
        Assert.Equal(File.ReadAllBytes(_folder["run1/diff.md"]), File.ReadAllBytes(_folder["run5/diff.md"]));
        Assert.DoesNotContain(_folder.Path, runs[0].Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_used_again_for_a_comparison_and_for_nothing_else()
    {
        var (a, b) = Pair();
        Assert.Equal(0, CommandLine.Run("diff", a, b, "-q", "-o", _folder["run"]).Code);
        Assert.Equal(0, CommandLine.Run("diff", a, a, "-q", "-o", _folder["run"]).Code);
        Assert.StartsWith("# base → base\n", File.ReadAllText(_folder["run/diff.md"]), StringComparison.Ordinal);
        Assert.Equal(65, CommandLine.Run("vet", Organism("aligned"), Organism("before"), "--items", "1", "-q", "-o", _folder["run"]).Code);
        _folder.Write("vetted/plan.yaml", "a plan");
        Assert.Equal(65, CommandLine.Run("diff", a, b, "-q", "-o", _folder["vetted"]).Code);
        _folder.Write("other/precious.txt", "mine");
        Assert.Equal(65, CommandLine.Run("diff", a, b, "-q", "-o", _folder["other"]).Code);
        Assert.Single(Directory.GetFiles(_folder["other"]));
    }

    [Fact]
    public void A_model_equals_itself()
    {
        var (code, output, _) = CommandLine.Run("diff", Organism("aligned"), Organism("aligned"), "-q");
        Assert.Equal((0, "The models are identical."), (code, output.Split('\n')[0]));
    }

    [Fact]
    public void Missing_and_broken_models_are_bad_input()
    {
        var (a, b) = Pair();
        foreach (var (x, y) in new[] { (a, _folder["absent"]), (_folder["absent"], b) })
        {
            var (code, output, error) = CommandLine.Run("diff", x, y, "-q");
            Assert.Equal((65, ""), (code, output));
            Assert.Contains("no such folder or file", error, StringComparison.Ordinal);
        }

        var whole = File.ReadAllBytes(Path.Combine(b, "model.safetensors"));
        foreach (var length in (int[])[0, 7, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(Path.Combine(b, "model.safetensors"), whole[..length]);
            Assert.Equal(65, CommandLine.Run("diff", a, b, "-q").Code);
        }

        File.WriteAllBytes(Path.Combine(b, "model.safetensors"), whole);
        // Only what generates reads how to generate; the difference is told.
        File.WriteAllText(Path.Combine(b, "generation_config.json"), "{");
        var (told, story, _) = CommandLine.Run("diff", a, b, "-q");
        Assert.Equal(0, told);
        Assert.Contains("generation config", story, StringComparison.Ordinal);
    }

    [Theory, InlineData("diff"), InlineData("diff one"), InlineData("diff a b c"), InlineData("diff a b --threads 0")]
    public void What_cannot_be_understood_is_a_usage_error(string line) => Assert.Equal(64, CommandLine.Run(line.Split(' ')).Code);

    [Fact]
    public void Names_cannot_steer_the_terminal_or_the_page()
    {
        const string hostile = "\u001b[2J|<script>alert(1)</script>](http://evil)\u202e.weight";
        string Write(string name, byte value)
        {
            var bytes = new byte[2 * 64 * 64];
            bytes.AsSpan().Fill(value);
            _folder.Write($"{name}/chat_template.jinja", $"\u001b]0;{name}\u0007");
            SafetensorsWriter.Write(_folder[$"{name}/model.safetensors"], [TensorToWrite.From(hostile, DType.BF16, [64, 64], bytes)]);
            return _folder[name];
        }

        var (code, output, error) = CommandLine.Run("diff", Write("x", 60), Write("y", 61), "-v", "-o", _folder["run"]);
        Assert.Equal(0, code);
        foreach (var text in (string[])[output, error, File.ReadAllText(_folder["run/diff.md"]), File.ReadAllText(_folder["run/diff.json"])])
        {
            Assert.DoesNotContain('\u001b', text);
            Assert.DoesNotContain('\u202e', text);
            Assert.DoesNotContain('\u0007', text);
        }

        Assert.DoesNotContain("<script>", File.ReadAllText(_folder["run/diff.md"]), StringComparison.Ordinal);
        Assert.DoesNotContain("](http", File.ReadAllText(_folder["run/diff.md"]), StringComparison.Ordinal);
        Assert.Contains("\\u{1b}[2J", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_that_only_pretend_to_be_matrices_take_no_more_memory_than_their_bytes()
    {
        // Two columns and many rows, many columns and two rows, and a vector: sides that nothing may be squared by.
        var random = new Random(1);
        string Write(string name)
        {
            TensorToWrite Tensor(string n, params long[] shape)
            {
                var bytes = new byte[2 * shape.Aggregate(1L, (x, y) => x * y)];
                random.NextBytes(bytes);
                for (var i = 1; i < bytes.Length; i += 2) bytes[i] = (byte)(0x3c | (bytes[i] & 0x80));
                return TensorToWrite.From(n, DType.BF16, [.. shape], bytes);
            }

            Directory.CreateDirectory(_folder[name]);
            SafetensorsWriter.Write(_folder[$"{name}/model.safetensors"],
                [Tensor("tall", 1 << 18, 2), Tensor("wide", 2, 1 << 18), Tensor("long", 1 << 20), Tensor("empty", 0, 1 << 30),
                Tensor("deep", 1 << 10, 1, 1, 1 << 10)]);
            return _folder[name];
        }

        var (a, b) = (Write("x"), Write("y"));
        // 10 MB of pairs; sides of a quarter of a million squared would be 500 GB. In a process of its own: what other tests allocate meanwhile is not this
        // one's.
        var (code, _, error) = ChildProcess.Run(ChildProcess.Dotnet, [typeof(ExitCodes).Assembly.Location, "diff", a, b, "-q", "--json", "--threads", "2"], environment: ("DOTNET_GCHeapHardLimit", "0x10000000"));
        Assert.True(code == 0, error);
    }

    [Fact]
    public void Mutations_of_a_file_never_crash_it()
    {
        var (a, b) = Pair();
        var path = Path.Combine(b, "model.safetensors");
        var whole = File.ReadAllBytes(path);
        var header = (int)BitConverter.ToInt64(whole) + 8;
        var random = new Random(5);
        for (var i = 0; i < 150; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var k = 0; k < 1 + i % 4; k++) bytes[random.Next(i % 3 == 0 ? bytes.Length : header)] = (byte)random.Next(256);
            File.WriteAllBytes(path, bytes);
            Assert.Contains(CommandLine.Run("diff", a, b, "-q", "--json").Code, (int[])[0, 65]);
        }
    }

    [Fact]
    public void Cancelled_is_cancelled()
    {
        var (a, b) = Pair();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Equal(130, CommandLine.Run(source.Token, "diff", a, b, "-q").Code);
    }
}
