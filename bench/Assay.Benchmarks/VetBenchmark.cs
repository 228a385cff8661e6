using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Models.Kernels;
using Assay.Runs;

namespace Assay.Benchmarks;

/// <summary>`-- vet`: where the time and the memory of one standard comparison of the bundled Llama organism go, in a process of its own, and once more with
/// twice the items.</summary>
internal static class VetBenchmark
{
    private const long MostPrivate = 500_000_000;
    private const long Memory = 256L << 20;
    private const double MostGrowth = 1.05, MostStatistics = .10, LeastRate = .97, MostSecondsToFirst = 2;

    /// <summary>Runs everything, prints and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--items=N</c> (default the tier's 400), run with N and 2 N; <c>--quick</c> for 8 items, which only proves that
    /// it works and writes nothing unless told where to.</param>
    /// <returns>0 where the targets hold, 1 where one does not: the page says which.</returns>
    public static int Run(string[] arguments)
    {
        string? Value(string name) => arguments.FirstOrDefault(a => a.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
        var quick = arguments.Contains("--quick");
        var items = int.Parse(Value("--items=") ?? (quick ? "8" : "400"), CultureInfo.InvariantCulture);
        if (Value("--child=") is { } run) return Child(run, items, VetTier.All.First(t => t.Name == Value("--tier=")));
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-'));
        var folder = Directory.CreateTempSubdirectory("assay-vet-").FullName;
        try
        {
            var first = Start(Path.Combine(folder, "smoke"), VetTier.Smoke.Items, VetTier.Smoke).FirstResult;
            var (small, large) = (Start(Path.Combine(folder, "once"), items, VetTier.Standard),
                Start(Path.Combine(folder, "twice"), 2 * items, VetTier.Standard));
            var rates = ScoringRate.Measure(quick ? 16 : 128, quick ? 3 : 7);
            var page = Page(items, first, small, large, rates, out var failed);
            Console.Write(page);
            if (!quick || file is not null)
            {
                file ??= Path.Combine("bench", "results", "vet-" + MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant() + ".md");
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
                File.WriteAllText(file, page);
            }

            return failed && !quick ? 1 : 0;
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static string Page(int items, double first, VetTimes small, VetTimes large, IReadOnlyList<ScoringRate> rates, out bool failed)
    {
        var page = new StringBuilder();
        var (total, judged, growth) = (small.Stages.Sum(s => s.Seconds), 0, (double)large.PeakBytes / small.PeakBytes);
        var statistics = small.Stages.Where(s => s.Name.StartsWith("statistics", StringComparison.Ordinal)).Sum(s => s.Seconds);
        using (var team = new WorkTeam(Environment.ProcessorCount))
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"# One standard vet on {MachineProbe.Cpu()}\n").Append(MachineProbe.Describe(team));
            page.Append(CultureInfo.InvariantCulture,
                $" `assay vet organisms/llama/aligned organisms/llama/before --tier standard --items {items} --seed 7 --memory 256M`,");
            page.AppendLine(CultureInfo.InvariantCulture,
            $" a process of its own without a collector beside it, as the tool is; {small.Tokens} tokens written and read.\n");
        }

        page.AppendLine("## Held to\n\n| what | measured | allowed | holds |\n|---|---|---|---|");
        Row("peak private memory, MB", small.PeakBytes / 1e6, MostPrivate / 1e6, small.PeakBytes <= MostPrivate, "0");
        Row($"the same with {2 * items} items, ratio ({large.PeakBytes / 1e6:0} MB)", growth, MostGrowth, growth <= MostGrowth, "0.000");
        Row("statistics, share of the wall time", statistics / total, MostStatistics, statistics / total <= MostStatistics, "0.000");
        Row("from the start of the process to the first result in the journal, the same pair by the default tier, s", first, MostSecondsToFirst,
            first <= MostSecondsToFirst, "0.00");
        Row("the same by this run, whose thousands of prompts are all checked first, s", small.FirstResult, double.NaN, true, "0.00");
        foreach (var rate in rates)
            Row($"{rate.Name}: rows a second by vet over those of the pair scorer alone (median of {rate.Ratios.Count}, {rate.RowsPerSecond:0} rows/s)",
                rate.Median, rate.HeldTo ? LeastRate : double.NaN, !rate.HeldTo || rate.Median >= LeastRate, "0.000");
        page.AppendLine("\n## Where the time goes\n\n| stage | seconds | share |\n|---|---|---|");
        foreach (var (name, seconds) in Groups(small)) page.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {seconds:0.00} | {seconds / total:0.0 %} |");
        page.AppendLine(CultureInfo.InvariantCulture,
            $"| all | {total:0.0} | |\n\n## Stage by stage\n\n| stage | seconds | the same with {2 * items} items |\n|---|---|---|");
        foreach (var (name, seconds) in small.Stages) page.AppendLine(CultureInfo.InvariantCulture,
            $"| {name} | {seconds:0.00} | {large.Stages.FirstOrDefault(s => s.Name == name).Seconds:0.00} |");
        failed = judged > 0;
        return page.ToString();

        void Row(string what, double measured, double allowed, bool holds, string format)
        {
            if (!holds) judged++;
            string Number(double x) => double.IsNaN(x) ? "" : x.ToString(format, CultureInfo.InvariantCulture);
            page.AppendLine(CultureInfo.InvariantCulture,
                $"| {what} | {Number(measured)} | {Number(allowed)} | {(double.IsNaN(allowed) ? "told only" : holds ? "yes" : "NO")} |");
        }
    }

    /// <summary>Stages put together: writing by policy, scoring by subject, statistics as one.</summary>
    private static IEnumerable<(string Name, double Seconds)> Groups(VetTimes times) => times.Stages
        .GroupBy(s => s.Name switch
        {
            ['s', 't', 'a', 't', 'i', ..] => "statistics",
            _ when s.Name.StartsWith("writing ", StringComparison.Ordinal) => s.Name.Split(',')[0],
            _ when s.Name.StartsWith("scoring ", StringComparison.Ordinal) => "scoring " + Subject(s.Name["scoring ".Length..]),
            _ => s.Name,
        }, StringComparer.Ordinal)
        .Select(g => (g.Key, g.Sum(s => s.Seconds)));

    private static string Subject(string stage) => stage.StartsWith("base's", StringComparison.Ordinal)
        || stage.StartsWith("candidate's", StringComparison.Ordinal)
        || stage.StartsWith("reference", StringComparison.Ordinal) ? "the candidate" : stage.Split(',')[0];

    private static VetTimes Start(string run, int items, VetTier tier)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(VetBenchmark).Assembly.Location, "vet", $"--child={run}", $"--items={items}",
            $"--tier={tier.Name}"])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_gcConcurrent"] = "0"; // As Assay.Cli is built.
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The comparison ended with {process.ExitCode}: {output}");
        using var environment = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "environment.json")));
        return JsonSerializer.Deserialize<VetTimes>(output)! with { PeakBytes = environment.RootElement.GetProperty("peak_private_bytes").GetInt64() };
    }

    private static int Child(string run, int items, VetTier tier)
    {
        using var self = Process.GetCurrentProcess();
        var watcher = new TimingWatcher(self.StartTime.ToUniversalTime());
        // The sets that depend on items are doubled with them; what the tier fixes stays.
        Vet.Run(new VetRequest { Base = ModelBenchmark.Organism("aligned"), Candidate = ModelBenchmark.Organism("before"), Tier = tier,
            Items = items, Seed = 7, MemoryBytes = Memory, Output = run }, watcher);
        Console.WriteLine(JsonSerializer.Serialize(watcher.Finish()));
        return 0;
    }
}
