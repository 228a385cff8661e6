using Assay.Benchmarks;

namespace Assay.Tests.Cli;

/// <summary>A run whose process is killed, in processes of their own; `bench -- kill` does it at 30 moments.</summary>
public sealed class KilledRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-killed-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_killed_run_goes_on_and_ends_with_the_bytes_of_an_undisturbed_one()
    {
        // Greedy answers of both, samples at T = 1, reasoning cores, reference text, yardsticks; one value changed, so that weights are compared soon.
        var candidate = EditedOrganism.Of("llama").Set("model.layers.1.mlp.down_proj.weight", 7, 0x4100).Write(Path.Combine(_folder, "candidate"));
        var program = new KilledRun(Path.Combine(AppContext.BaseDirectory, "Assay.Cli.dll"),
            ["vet", EditedOrganism.Path("llama"), candidate, "--samples", "1",
            "--measures", "M1,M3,M12,R2R", "--cores", "3", "--limit", "3", "--documents", "1", "--max-new-tokens", "3", "--seed", "7"]);
        var undisturbed = Path.Combine(_folder, "undisturbed");
        program.Finish(undisturbed);
        var units = KilledRun.Units(Path.Combine(undisturbed, "run")).Count;
        // The same folder again and again: every process goes on from what the one before it has left.
        var killed = Path.Combine(_folder, "killed");
        KilledRun.Moment[] moments =
        [
            KilledRun.Moment.Between(units / 4), KilledRun.Moment.Units(3 * units / 4, TimeSpan.FromMilliseconds(10)),
                KilledRun.Moment.Entry(".samples.jsonl.partial-*"),
            KilledRun.Moment.Entry("measurements.json"),
        ];
        foreach (var moment in moments)
        {
            var left = program.Kill(killed, moment);
            Assert.True(left is not null, $"The run ended before '{moment.Name}'.");
            Assert.DoesNotContain("SHA256SUMS", left.Names);
        }

        program.Finish(killed);
        Assert.Equal([], KilledRun.Differences(undisturbed, killed));
    }
}
