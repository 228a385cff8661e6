using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Benchmarks.Peers;

/// <summary>The same work done by us and by other programs in turn, on the same weights.</summary>
internal static class PeersBenchmark
{
    /// <summary>Runs everything that this machine has and writes the report.</summary>
    /// <param name="arguments"><c>[--quick] [--models=FOLDER] [result-file]</c>; the folder keeps the synthetic models.</param>
    public static void Run(IReadOnlyList<string> arguments)
    {
        var quick = arguments.Contains("--quick");
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-'));
        var contest = quick ? new Contest(1, 1) : new Contest(2, 5);
        using var team = new WorkTeam(Environment.ProcessorCount);
        var peak = Enumerable.Range(0, 3).Max(_ => FmaPeak.Measure(team));
        var report = new PeersReport(peak);
        report.Version("Assay", $"{typeof(WorkTeam).Assembly.GetName().Version?.ToString(3)}, .NET {Environment.Version}, {(Vector512.IsHardwareAccelerated ? "512" : "256")}-bit vectors, {team.Threads} threads, {DateTime.UtcNow:yyyy-MM-dd}");
        report.Version("Multiply-add peak probed in the same run", $"{peak:0} GFLOP/s");
        report.Version("Rounds", $"{contest.Unmeasured} unmeasured, {contest.Measured} measured, contestants in turn");
        if (Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") is { Length: > 0 } core)
            report.Version("Caution", $"OPENBLAS_CORETYPE={core} was set; OpenBLAS did not choose its kernels itself");

        ProductPeers.Run(report, team, contest, quick);
        ModelPeers.Run(report, team, quick, arguments.FirstOrDefault(a => a.StartsWith("--models=", StringComparison.Ordinal))?["--models=".Length..]);

        var path = file ?? Path.Combine("bench", "results", $"peers-{MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant()}.md");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, report.Text($"Peers on {MachineProbe.Cpu()}"));
        Console.WriteLine($"Written to {path}.");
    }
}
