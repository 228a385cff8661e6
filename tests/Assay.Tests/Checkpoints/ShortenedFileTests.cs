using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;
using Assay.Models;
using Assay.Tests.Cli;
using Assay.Tests.Golden;

namespace Assay.Tests.Checkpoints;

/// <summary>A file that another process shortens while it is open: an error that names the file, wherever it is noticed. With a mapping the process would
/// end.</summary>
public sealed class ShortenedFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Copy(string from, string to)
    {
        Directory.CreateDirectory(_folder[to]);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(_folder[to], Path.GetFileName(file)));
        return _folder[to];
    }

    private static string Organism(string kind) => Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned");

    private static string Shorten(string path, long length = 4096)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
        return path;
    }

    private static void Named(string path, Action read)
    {
        var thrown = Assert.ThrowsAny<Exception>(read);
        var input = thrown as InvalidInputException ?? Assert.IsType<InvalidInputException>(Assert.IsType<AggregateException>(thrown).Flatten()
            .InnerExceptions[0]);
        Assert.Contains(path, input.Message, StringComparison.Ordinal);
        Assert.Contains("shortened", input.Message, StringComparison.Ordinal);
    }

    /// <summary>Rows, columns (GPT-2), experts.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("qwen3_moe")]
    public void Passes_hashes_and_reads_of_a_safetensors_model(string kind)
    {
        var folder = Copy(Organism(kind), "model");
        using var model = LanguageModel.Open(folder, new LanguageModelOptions { Threads = 2 });
        var file = Shorten(Path.Combine(folder, "model.safetensors"));
        Named(file, () => model.Logits(new[] { 1, 2, 3 }));
        Named(file, () => model.Generate([[1, 2, 3]], new GenerationOptions { MaxNewTokens = 2 }));
        Named(file, () => WeightsHash.Compute(model.Checkpoint, "", 2));
        var last = model.Checkpoint.Tensors.OrderBy(t => t.Place!.Value.Offset).Last();
        Named(file, () => last.Read(0, new float[8]));
        Named(file, () => last.ReadDouble(0, new double[8]));
        Named(file, () => last.ReadBytes(0, new byte[8]));
        using var other = Checkpoint.Open(Organism(kind));
        Named(file, () => last.HoldsTheBytesOf(other[last.Name]));
    }

    [Theory]
    [InlineData("types/Q4_K.gguf")]
    [InlineData("types/Q8_0.gguf")]
    [InlineData("architectures/phi3.gguf")]
    public void Tensors_of_a_gguf_file(string name)
    {
        var path = _folder["model.gguf"];
        File.Copy(Path.Combine(GoldenFiles.Repository, "golden", "gguf", name), path);
        using var file = GgufFile.Open(path);
        var last = file.Tensors.OrderBy(t => t.Place!.Value.Offset).Last();
        var whole = new float[Math.Min(last.Count, 4096)];
        last.Read(0, whole);
        Shorten(path, file.DataStart);
        Named(path, () => last.Read(0, whole));
        // What the header said can still be told.
        Assert.All(file.Values.Values, v => Assert.NotEmpty(v.Show()));
    }

    /// <summary>Shortened before the header's end: refused while it is opened.</summary>
    [Fact]
    public void A_file_that_is_cut_before_it_is_opened()
    {
        var folder = Copy(Organism("llama"), "model");
        foreach (var length in (long[])[0, 7, 8, 100, 4096])
        {
            var file = Shorten(Path.Combine(folder, "model.safetensors"), length);
            Assert.Contains(file, Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(file)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>From the command line, in the middle of the run: the run folder can be gone on with.</summary>
    [Fact]
    public async Task A_search_whose_model_is_cut_ends_with_its_name_and_goes_on_later()
    {
        var folder = Copy(Organism("llama"), "model");
        var weights = Path.Combine(folder, "model.safetensors");
        string[] arguments = ["directions", folder, "--contrast", "triggers", "--select", "--items", "8", "--selection-items", "2", "--random", "0", "--run",
            _folder["run"], "-q"];
        Assert.Equal(0, CommandLine.Run([.. arguments, "--dry-run"]).Code);
        var whole = File.ReadAllBytes(weights);
        var journal = File.ReadAllLines(_folder["run/journal.jsonl"]);
        Assert.Equal(9, journal.Length);
        // Cut when the first of the other candidates are in the journal.
        var begun = new FileInfo(_folder["run/journal.jsonl"]).Length;
        var cut = Task.Run(async () =>
        {
            while (new FileInfo(_folder["run/journal.jsonl"]).Length == begun) await Task.Delay(1);
            Shorten(weights);
        });
        var (code, _, error) = CommandLine.Run([.. arguments, "--memory", "4M"]);
        await cut.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(code is 65, $"{code}: {error}");
        Assert.Contains("model.safetensors", error, StringComparison.Ordinal);
        Assert.Equal(journal, File.ReadAllLines(_folder["run/journal.jsonl"])[..journal.Length]);
        File.WriteAllBytes(weights, whole);
        Assert.Equal(0, CommandLine.Run([.. arguments, "--dry-run"]).Code);
    }
}
