using Assay.Cli;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>The same program in processes whose tiles, and whose processor's instructions, are limited: the same bytes.</summary>
public sealed class VectorWidthTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    /// <summary>Tiles of each width; the framework without AVX-512, and without AVX2 and fused multiply-add; the C library without them.</summary>
    private static readonly (string Name, string Value)[][] Limits =
    [
        [("ASSAY_VECTORS", "256")],
        [("ASSAY_VECTORS", "128"), ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4")],
        [("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX512F", "0")],
        [("DOTNET_EnableAVX2", "0")],
    ];

    public void Dispose() => _folder.Dispose();

    private static string Run(int seconds, (string Name, string Value)[] limits, params string[] args)
    {
        var (code, output, error) = ChildProcess.Run(ChildProcess.Dotnet, [typeof(ExitCodes).Assembly.Location, .. args], seconds, limits);
        Assert.True(code == 0, error);
        return output;
    }

    private static string Organism(string kind) => Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned");

    /// <summary>Scoring on all bundled architectures, one of them with experts.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("qwen3_moe")]
    [InlineData("gpt2")]
    public void A_score_prints_the_same(string kind)
    {
        var text = _folder["text.txt"];
        File.WriteAllText(text, string.Join(' ', Enumerable.Range(0, kind == "llama" ? 12 : 4)
            .Select(i => $"Line {i} of the ledger says {i * i % 97} barrels.")));
        string Score(string threads, params (string, string)[] limits) =>
            Run(300, limits, "score", Organism(kind), "--text", text, "--json", "--threads", threads);
        var wide = Score("2", ("ASSAY_VECTORS", "512"));
        Assert.Contains("perplexity", wide, StringComparison.Ordinal);
        // Every way of limiting on one of them; on the others the two that differ most.
        foreach (var limits in kind == "llama" ? Limits : [Limits[0], Limits[^1]]) Assert.Equal(wide, Score("3", limits));
    }

    /// <summary>Directions from activations, answers, then edited passes of the candidates that a dry run probes: the journal has each item's score in all its
    /// digits.</summary>
    [Fact]
    public void A_search_keeps_the_same_journal()
    {
        string[] Lines(string name, params (string, string)[] limits)
        {
            Run(400, limits, "directions", Organism("qwen3_moe"), "--contrast", "triggers", "--select", "--items", "8", "--selection-items", "2", "--dry-run",
                "--run",
                _folder[name], "-q");
            return [.. File.ReadAllLines(Path.Combine(_folder[name], "journal.jsonl")).Order(StringComparer.Ordinal)];
        }

        var wide = Lines("wide", ("ASSAY_VECTORS", "512"));
        Assert.Equal(9, wide.Length);
        // All that is limited most, at once; scoring tries each alone.
        Assert.Equal(wide, Lines("limited", [.. Limits[1], .. Limits[^1]]));
    }
}
