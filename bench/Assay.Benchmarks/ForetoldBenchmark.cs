using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Cli;
using Assay.Evaluation.Vetting;
using Assay.Models.Kernels;
using Assay.Runs;

namespace Assay.Benchmarks;

/// <summary>`-- foretold`: how long smoke comparisons take and how long they were foretold to take, each in a process of its own.</summary>
internal static class ForetoldBenchmark
{
    private const double MostRatio = 1.5, MostSeconds = 60, MostSecondsToFirst = 2;

    private static readonly (string Name, string Folder)[] s_pairs =
        [("the default pair, gemma2", "default"), ("qwen3, which thinks", "qwen3"), ("gpt2", "gpt2")];

    /// <summary>Runs every pair, prints and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--times=N</c> runs of each pair (default 3).</param>
    /// <returns>0 where the targets hold, 1 where one does not: the page says which.</returns>
    public static int Run(string[] arguments)
    {
        string? Value(string name) => arguments.FirstOrDefault(a => a.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
        if (Value("--child=") is { } pair) return Child(pair, Value("--run=")!);
        var times = int.Parse(Value("--times=") ?? "3", CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("assay-foretold-").FullName;
        try
        {
            var page = new StringBuilder();
            using (var team = new WorkTeam(Environment.ProcessorCount))
                page.AppendLine(CultureInfo.InvariantCulture, $"# The time of a comparison, foretold, on {MachineProbe.Cpu()}\n")
                    .Append(MachineProbe.Describe(team));
            page.Append(CultureInfo.InvariantCulture, $" `assay vet` as smoke, {times} runs of each pair one after another, each in a process of its own: ");
            page.AppendLine("what was foretold before anything was measured, and what it took from then on; parts as foretold / took. " +
                "Made by `dotnet run -c Release --project bench/Assay.Benchmarks -- foretold FILE`.\n");
            page.AppendLine("| pair | foretold, s | took, s | ratio | within 1.5 | writing | scoring | yardsticks | rest | first result, s | whole process, " +
                "s |\n|---|---|---|---|---|---|---|---|---|---|---|");
            var failed = false;
            foreach (var (name, which) in s_pairs)
            {
                for (var i = 0; i < times; i++)
                {
                    var taken = Start(which, Path.Combine(folder, $"{which}-{i}"));
                    var foretold = taken.Foretold!;
                    var ratio = foretold.Seconds / taken.AfterForetold;
                    var whole = taken.Stages.Sum(s => s.Seconds);
                    var holds = ratio is > 1 / MostRatio and < MostRatio;
                    failed |= !holds || (which == "default" && (whole > MostSeconds || taken.FirstResult > MostSecondsToFirst));
                    page.AppendLine(CultureInfo.InvariantCulture,
                        $"| {name} | {foretold.Seconds:0.0} | {taken.AfterForetold:0.0} | {ratio:0.00} | {(holds ? "yes" : "NO")} | " +
                        $"{foretold.Writing:0.0} / {Took(taken, "writing"):0.0} | {foretold.Scoring:0.0} / {Took(taken, "scoring"):0.0} | " +
                        $"{foretold.Yardsticks:0.0} / {Took(taken, "yardsticks"):0.0} | {foretold.Rest:0.0} / {Took(taken, "rest"):0.0} | " +
                        $"{taken.FirstResult:0.00} | {whole:0.0} |");
                    if (arguments.Contains("--stages")) Console.WriteLine(string.Join('\n',
                        taken.Stages.Select(s => FormattableString.Invariant($"{s.Name} {s.Seconds:0.00}"))));
                }
            }

            Console.Write(page);
            if (arguments.FirstOrDefault(a => !a.StartsWith('-')) is { } file) File.WriteAllText(file, page.ToString());
            return failed ? 1 : 0;
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Seconds of the stages that make a part of what is foretold.</summary>
    private static double Took(VetTimes taken, string part) => taken.Stages.Where(s => Part(s.Name) == part).Sum(s => s.Seconds);

    private static string Part(string stage) => stage.StartsWith("writing", StringComparison.Ordinal) ? "writing"
        : stage.StartsWith("scoring", StringComparison.Ordinal) ? IsPair(stage["scoring ".Length..]) ? "scoring" : "yardsticks"
        : stage is "starting the process" or "opening both models" or "preparing the run" or "foretelling the time" or "hashing, prompts, plan" ? "before"
            : "rest";

    private static bool IsPair(string what) => what.StartsWith("base's", StringComparison.Ordinal) || what.StartsWith("candidate's", StringComparison.Ordinal)
        || what.StartsWith("reference", StringComparison.Ordinal);

    private static VetTimes Start(string pair, string run)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ForetoldBenchmark).Assembly.Location, "foretold", $"--child={pair}", $"--run={run}"])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        };
        // As Assay.Cli is built.
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The comparison ended with {process.ExitCode}: {output}");
        return JsonSerializer.Deserialize<VetTimes>(output)!;
    }

    private static int Child(string pair, string run)
    {
        using var self = Process.GetCurrentProcess();
        var watcher = new TimingWatcher(self.StartTime.ToUniversalTime());
        using var bundled = pair == "default" ? DefaultPair.Make(default) : null;
        var organism = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(ModelBenchmark.Organism("aligned")))!, pair);
        Vet.Run(new VetRequest { Base = bundled is null ? Path.Combine(organism, "aligned") : DefaultPair.Base,
            Candidate = bundled?.Candidate ?? Path.Combine(organism, "before"), Output = run }, watcher);
        Console.WriteLine(JsonSerializer.Serialize(watcher.Finish()));
        return 0;
    }
}
