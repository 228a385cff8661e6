using System.Diagnostics;
using Assay.Evaluation.Vetting;
using Assay.Runs;
using Assay.Tests.Cli;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

/// <summary>What a comparison does, told step by step, ended within a step, and left out.</summary>
public sealed class VetStepTests
{
    /// <summary>One value is changed, so that the weights are compared soon.</summary>
    private static string Candidate(string folder) => EditedOrganism.Of("llama").Set("model.layers.1.mlp.down_proj.weight", 7, 0x4100).Write(folder);

    [Fact]
    public void What_no_measure_asked_for_is_neither_scored_nor_reported()
    {
        using var folder = new TemporaryFolder();
        var outcome = Vet.Run(new VetRequest
        {
            Base = EditedOrganism.Path("llama"), Candidate = Candidate(folder["candidate"]), Output = folder["run"], Seed = 5, Limit = 1, MaxNewTokens = 2,
            Measures = ["M7"],
        }, cancellation: TestContext.Current.CancellationToken);
        Assert.NotNull(outcome.Measurements.Find("prose.all.delta_nll"));
        Assert.Null(outcome.Measurements.Find("kld.benign.mean"));
        Assert.Empty(outcome.Report!.Worst);
    }

    private sealed class Watcher(Action<VetProgress> told) : VetWatcher, IProgress<VetProgress>
    {
        public override void Measuring(Action<IProgress<VetProgress>?> work) => work(this);

        public void Report(VetProgress value) => told(value);
    }

    [Fact]
    public void Statistics_say_how_far_they_are_and_end_when_told_to()
    {
        using var folder = new TemporaryFolder();
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var request = new VetRequest { Base = EditedOrganism.Path("llama"), Candidate = Candidate(folder["candidate"]), Output = folder["run"], Seed = 5,
            Items = 30, DocumentsPerDomain = 1, MaxNewTokens = 4, Measures = ["M1", "M2", "M4", "M7"] };
        var (told, watch) = (new List<VetProgress>(), new Stopwatch());
        Assert.ThrowsAny<OperationCanceledException>(() => Vet.Run(request, new Watcher(p =>
        {
            told.Add(p);
            if (!p.Stage.StartsWith("statistics", StringComparison.Ordinal)) return;
            // The tail of M4 takes longest: the token is seen within its resamples.
            watch.Start();
            source.CancelAfter(TimeSpan.FromMilliseconds(5));
        }), source.Token));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1), $"It went on for {watch.Elapsed}.");
        var statistics = told.Where(p => p.Stage.StartsWith("statistics", StringComparison.Ordinal)).ToList();
        Assert.InRange(statistics.Count, 1, 5);
        Assert.Equal("statistics, M1", statistics[0].Stage);
        Assert.Equal((1, 6), (statistics[0].Done, statistics[0].Total));
        Assert.Contains(told, p => p.Stage == "writing base's answers, benign");
        Assert.Contains(told, p => p.Stage == "scoring base's answers, benign" && p.Done > 0);
        Assert.False(File.Exists(Path.Combine(folder["run"], "measurements.json")));

        // Nothing is computed twice: all units come from the journal.
        told.Clear();
        Vet.Run(request, new Watcher(told.Add), TestContext.Current.CancellationToken);
        var units = told.Where(p => !p.Stage.StartsWith("statistics", StringComparison.Ordinal)).ToList();
        Assert.All(units, p => Assert.Equal(p.Done, p.Restored));
        Assert.Equal(Enumerable.Range(1, 6), told.Where(p => p.Stage.StartsWith("statistics", StringComparison.Ordinal)).Select(p => p.Done));
    }
}
