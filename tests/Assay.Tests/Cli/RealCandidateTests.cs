using System.Text.Json;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>What people and tools really did to models, at few cores: a short form of the table in bench/results. The siblings lie beside the golden
/// files.</summary>
public sealed class RealCandidateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-real-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Sibling(string kind, string name)
    {
        var path = Path.GetFullPath(Path.Combine(GoldenFiles.Root, "..", "organisms", "siblings", kind, name));
        if (!Directory.Exists(path)) Assert.Skip($"{path} is not there.");
        return path;
    }

    private (int Code, string Verdict, IReadOnlyList<string> Findings, string Text) Vet(string kind, string candidate, int cores)
    {
        var (code, output, error) = CommandLine.Run("vet", EditedOrganism.Path(kind), candidate, "--items", "2", "--documents", "1", "--max-new-tokens", "4",
            "--cores", $"{cores}", "--measures", "R2R", "--nonce", "s1", "-q", "-o", Path.Combine(_folder, "run"));
        Assert.True(code is 0 or 1 or 2, error);
        var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "run", "report.json"))).RootElement;
        return (code, output.Split('\n')[0].Trim(),
            [.. report.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("id").GetString()!)],
            report.GetProperty("verdict").GetProperty("sentence").GetString()!);
    }

    /// <summary>Nonsense or wrong answers in the place of refusals, and refusals of hard questions: 60 cores are enough, without a pilot.</summary>
    [Theory]
    [InlineData("gemma2", "gibberish", "FAKE-UNLOCK")]
    [InlineData("gemma2", "abstainer", "ADDED-REFUSALS")]
    [InlineData("llama", "heretic", "COSTLY-UNLOCK")]
    public void Damage_is_found(string kind, string sibling, string finding)
    {
        var found = Vet(kind, Sibling(kind, sibling), 60);
        Assert.Equal((1, "DEGRADED"), (found.Code, found.Verdict));
        Assert.Contains(finding, found.Findings);
    }

    /// <summary>Too few cores certify nothing, and how many would is said.</summary>
    [Theory]
    [InlineData("gemma2", null, 20)]
    [InlineData("gemma2", "uncensored", 30)]
    public void An_honest_change_is_never_degraded_and_few_cores_name_the_n(string kind, string? sibling, int cores)
    {
        var found = Vet(kind, sibling is null ? EditedOrganism.Path(kind, "before") : Sibling(kind, sibling), cores);
        Assert.Equal((2, "INCONCLUSIVE"), (found.Code, found.Verdict));
        Assert.Contains($"both models answered {cores} rows; 133 are needed", found.Text, StringComparison.Ordinal);
        Assert.Matches("About [0-9,]+ cores would settle it", found.Text);
    }

    /// <summary>Which of the two is the base decides nothing but the sign, where the same rows are asked (without a pilot) under one challenge.</summary>
    [Fact]
    public void An_exchange_of_base_and_candidate_turns_the_sign_of_every_difference_exactly()
    {
        var (aligned, other) = (EditedOrganism.Path("gemma2"), Sibling("gemma2", "abstainer"));
        var (there, back) = (Differences(aligned, other), Differences(other, aligned));
        string[] ids = ["r2r.refusals.trigger", "r2r.refusals.benign", "r2r.unusable.benign", "r2r.right",
            .. there.Keys.Where(id => id.EndsWith(".delta_nll", StringComparison.Ordinal) && !id.Contains(".worst.", StringComparison.Ordinal))];
        Assert.True(ids.Length > 9);
        foreach (var id in ids) Assert.Equal(there[id], -back[id]);
        // A test of zeros would show nothing.
        Assert.True(there["r2r.refusals.benign"] > .1 && there["prose.macro.delta_nll"] != 0);

        Dictionary<string, double> Differences(string first, string second)
        {
            var run = Path.Combine(_folder, "run");
            var (code, _, error) = CommandLine.Run("vet", first, second, "--items", "2", "--documents", "2", "--max-new-tokens", "4", "--cores", "40",
                "--measures", "R2R,M7", "--challenge", "9", "-q", "--fresh", "-o", run);
            Assert.True(code is 0 or 1 or 2, error);
            return JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "measurements.json"))).RootElement.GetProperty("measures").EnumerateArray()
                .Where(m => m.TryGetProperty("value", out var v) && v.ValueKind == JsonValueKind.Number)
                .ToDictionary(m => m.GetProperty("id").GetString()!, m => m.GetProperty("value").GetDouble(), StringComparer.Ordinal);
        }
    }
}
