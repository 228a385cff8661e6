using Assay.Benchmarks;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Parts of a run, computed apart and joined.</summary>
public sealed class ShardTests : IDisposable
{
    private static readonly string[] s_files = ["plan.yaml", "journal.jsonl", "scores.bin", "samples.jsonl", "measurements.json"];
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-shards-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Organism(string stage) => Path.Combine(GoldenFiles.Repository, "organisms", "gpt2", stage);

    private (int Code, string Output, string Error) Vet(string name, params string[] more) =>
        CommandLine.Run(["vet", Organism("aligned"), Organism("before"), "--items", "5", "--cores", "5", "--documents", "1", "--max-new-tokens", "6", "-o",
            Path.Combine(_folder, name), .. more]);

    private (int Code, string Output, string Error) Merge(string output, params string[] parts) =>
        CommandLine.Run(["merge", .. parts.Select(p => Path.Combine(_folder, p)), "-o", Path.Combine(_folder, output)]);

    [Fact]
    public void Three_parts_joined_in_any_order_are_the_run_of_one_process()
    {
        string[] measures = ["--measures", "R2R,M8,M1,M4,M7,M12"];
        var whole = Vet("whole", measures);
        foreach (var i in new[] { 3, 1, 2 }) Assert.Equal(0, Vet($"part{i}", [.. measures, "--shard", $"{i}/3"]).Code);
        var merged = Merge("merged", "part2", "part3", "part1");
        Assert.Equal(whole.Code, merged.Code);
        foreach (var file in s_files)
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "whole", file)), File.ReadAllBytes(Path.Combine(_folder, "merged", file)));
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, "whole", "report.json")).Replace("/whole", "/merged", StringComparison.Ordinal),
            File.ReadAllText(Path.Combine(_folder, "merged", "report.json")));
    }

    /// <summary>As a cluster does it: a process a part, two at a time, which share nothing but the models.</summary>
    [Fact]
    public async Task Parts_computed_by_processes_of_their_own_two_at_a_time_are_the_run_of_one_process()
    {
        // Every process calls its folder alike, since the report's command names it.
        Task<string> Run(string name, string[] arguments) => Task.Run(() =>
        {
            var place = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
            var (code, output, error) = ChildProcess.RunIn(place, ChildProcess.Dotnet,
                [Path.Combine(AppContext.BaseDirectory, "Assay.Cli.dll"), .. arguments, "-o", "run", "-q"]);
            Assert.True(code is 0 or 1 or 2, output + error);
            return Path.Combine(place, "run");
        });
        var candidate = EditedOrganism.Of("gpt2").Set("transformer.h.1.mlp.c_proj.weight", 7, 0x4100).Write(Path.Combine(_folder, "candidate"));
        string[] vet = ["vet", Organism("aligned"), candidate, "--samples", "1", "--measures", "M1,M3", "--limit", "3", "--documents", "1",
            "--max-new-tokens", "4", "--seed", "7"];
        string[] parts = [.. await Task.WhenAll(Run("1", [.. vet, "--shard", "1/3"]), Run("2", [.. vet, "--shard", "2/3"])),
            .. await Task.WhenAll(Run("3", [.. vet, "--shard", "3/3"]), Run("whole", vet))];
        var merged = await Run("merged", ["merge", .. parts[..3]]);
        Assert.Equal([], KilledRun.Differences(Path.Combine(_folder, "whole"), Path.GetDirectoryName(merged)!));
        // Each part is a part: no process computed what is another's.
        string[][] units = [.. parts.Select(p => KilledRun.Units(p).ToArray())];
        Assert.All(units[..3], u => Assert.InRange(u.Length, 1, units[3].Length - 1));
        Assert.Equal(units[3].Order(StringComparer.Ordinal), units[..3].SelectMany(u => u).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_lost_part_is_named_one_that_is_there_twice_and_one_of_another_run_are_refused()
    {
        foreach (var i in new[] { 1, 2 }) Vet($"part{i}", "--limit", "1", "--shard", $"{i}/3");
        Vet("other", "--limit", "1", "--seed", "9", "--shard", "3/3");
        var (code, _, error) = Merge("merged", "part1", "part2", "part1");
        Assert.Equal(65, code);
        Assert.Contains("Part 1/3 is there 2 times", error, StringComparison.Ordinal);
        Assert.Contains("3/3 is missing", error, StringComparison.Ordinal);
        (code, _, error) = Merge("merged", "part1", "part2", "other");
        Assert.Equal(65, code);
        Assert.Contains("a part of another run", error, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "part2", "SHA256SUMS"));
        Assert.Contains("part 2/3 is not finished", Merge("merged", "part1", "part2").Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "merged")));
        Assert.Contains("shard.json", Merge("merged", "nothing").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4/3")]
    [InlineData("auto/x")]
    public void A_part_that_is_none_is_a_usage_error(string shard) => Assert.Equal(64, Vet("run", "--shard", shard).Code);
}
