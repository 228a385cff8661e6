using System.Globalization;
using System.Text;

namespace Assay.Benchmarks;

/// <summary>`-- kill`: a small comparison with units of every kind, killed (SIGKILL) at 30 moments and run again: every file has to be that of an undisturbed
/// run, byte for byte.</summary>
internal static class KillBenchmark
{
    // What is killed: 2 items a panel, every policy, sensitivity, nine yardsticks.
    private static readonly string[] s_plan = ["--tier", "standard", "--limit", "2", "--documents", "1", "--max-new-tokens", "8", "--seed", "7"];

    /// <summary>Kills and goes on, prints and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--assay=FILE</c>, the built Assay.Cli.dll.</param>
    /// <returns>0 where every run came out as the undisturbed one, 1 where one did not.</returns>
    public static int Run(string[] arguments)
    {
        var assay = Path.GetFullPath(arguments.FirstOrDefault(a => a.StartsWith("--assay=", StringComparison.Ordinal))?["--assay=".Length..]
            ?? Path.Combine("artifacts", "bin", "Assay.Cli", "release", "Assay.Cli.dll"));
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-')) ?? Path.Combine("bench", "results", "kill.md");
        var program = new KilledRun(assay, ["vet", ModelBenchmark.Organism("aligned"), ModelBenchmark.Organism("before"), .. s_plan]);
        var folder = Directory.CreateTempSubdirectory("assay-kill-").FullName;
        try
        {
            var undisturbed = Path.Combine(folder, "undisturbed");
            var seconds = program.Finish(undisturbed);
            var order = InOrderOfWork(KilledRun.Units(Path.Combine(undisturbed, "run")));
            var page = new StringBuilder();
            page.AppendLine(CultureInfo.InvariantCulture,
                $"# Killed and run again\n\n`assay vet organisms/llama/aligned organisms/llama/before {string.Join(' ', s_plan)}`: {order.Count} units in " +
                $"{seconds:0.0} s, {DateTime.UtcNow:yyyy-MM-dd}. Each row is a run of its own that was killed with SIGKILL, and the same command again. " +
                $"\"The same\": {string.Join(", ", KilledRun.Files)} are those of the undisturbed run byte for byte, and no other file was left.\n");
            page.AppendLine("| killed when | units done | in the middle of | left in scores.bin | the same |\n|---|---|---|---|---|");
            var (failed, kinds) = (0, new HashSet<string>(StringComparer.Ordinal));
            foreach (var (moment, i) in Moments(order.Count, seconds).Select((m, i) => (m, i)))
            {
                var place = Path.Combine(folder, $"{i}");
                var left = program.Kill(place, moment);
                var unfinished = left is null ? "" : order.FirstOrDefault(k => !left.Units.Contains(k)) is { } next ? Kind(next)
                    : left.Names.Contains("report.html") ? "the last files" : left.Names.Contains("samples.jsonl") ? "the report" : "statistics and samples";
                program.Finish(place);
                var differences = left is null ? ["not killed: it had ended"] : KilledRun.Differences(undisturbed, place);
                if (differences.Count > 0) failed++;
                kinds.Add(unfinished);
                var row = string.Create(CultureInfo.InvariantCulture,
                    $"| {moment.Name.Replace('*', '…')} | {left?.Units.Count ?? order.Count} | {unfinished} | " +
                    $"{(left?.UnnamedBytes == true ? "bytes that the journal does not name" : "")} | " +
                    $"{(differences.Count == 0 ? "yes" : "NO: " + string.Join(", ", differences))} |");
                page.AppendLine(row);
                Console.WriteLine(row);
                Directory.Delete(place, true);
            }

            page.AppendLine(CultureInfo.InvariantCulture,
                $"\n{(failed == 0 ? "All came out as the undisturbed run." : $"{failed} did NOT come out as the undisturbed run.")} Kinds of units in whose " +
                $"middle a run was killed: {string.Join("; ", kinds.Where(k => k.Length > 0))}.");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            File.WriteAllText(file, page.ToString());
            return failed == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>30 moments, spread over the units and over what comes before and after them.</summary>
    private static IEnumerable<KilledRun.Moment> Moments(int units, double seconds)
    {
        var group = TimeSpan.FromSeconds(seconds / units * 3);
        yield return new KilledRun.Moment("a third of a second after the start", _ => true, TimeSpan.FromSeconds(.33));
        yield return KilledRun.Moment.Entry("journal.jsonl");
        yield return KilledRun.Moment.Entry("plan.yaml");
        const int spread = 16;
        // At once, and later within what comes next.
        for (var k = 0; k < spread; k++) yield return KilledRun.Moment.Units(units * k / spread, group * (k % 3));
        foreach (var k in new[] { 1, 4, 7 }) yield return KilledRun.Moment.Between(units * k / 9);
        yield return KilledRun.Moment.Units(units);
        yield return KilledRun.Moment.Entry(".scores.bin.partial-*");
        yield return KilledRun.Moment.Entry(".journal.jsonl.partial-*");
        yield return KilledRun.Moment.Entry(".samples.jsonl.partial-*", TimeSpan.FromMilliseconds(5));
        yield return KilledRun.Moment.Entry("samples.jsonl");
        yield return KilledRun.Moment.Entry("measurements.json");
        yield return KilledRun.Moment.Entry("report.json");
        yield return KilledRun.Moment.Entry("environment.json");
    }

    /// <summary>Units in the order in which they are computed: contexts with the candidate's scores first, then one subject after another.</summary>
    private static List<string> InOrderOfWork(IReadOnlyList<string> planned)
    {
        var subjects = planned.Select(Subject).Distinct(StringComparer.Ordinal).ToList();
        return [.. planned.OrderBy(k => Subject(k) is "candidate" ? 0 : 1 + subjects.IndexOf(Subject(k)))];
    }

    private static string Subject(string key) => key.Split('/') is ["scores", _, "r0", var reference, ..] ? reference
        : key.Split('/') is ["scores", _, _, _, _, var subject, ..] ? subject : "candidate";

    /// <summary>What kind of unit a key names, in words.</summary>
    private static string Kind(string key)
    {
        var parts = key.Split('/');
        if (parts[0] == "scores" && Subject(key) is not "candidate") return $"yardstick {Subject(key)}, {parts[1]} {parts[2].ToUpperInvariant()}";
        return parts[2] == "r0" ? $"{parts[1]} R0"
            : $"{parts[1]} {parts[2].ToUpperInvariant()}, {(parts[3] == "greedy" ? "greedy" : "T = 1")}{(parts[4] == "each" ? "" : ", " + parts[4])}";
    }
}
