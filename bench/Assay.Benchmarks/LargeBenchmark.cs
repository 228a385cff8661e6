using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>`-- large`: `assay vet` on a pair of 7B-shaped bf16 models in a process of its own and within 2 GiB, on a few of their 32 layers, extrapolated in the open.</summary>
internal static class LargeBenchmark
{
    private const int AllLayers = 32;
    private const string Allowed = "2G";

    /// <summary>Writes the pairs, vets them, prints and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--layers=A,B</c> (default 1,2); <c>--assay=FILE</c>, the built Assay.Cli.dll; <c>--tokenizer=FOLDER</c>; <c>--quick</c> for a tiny shape and few items;
    /// what follows <c>--</c> goes to <c>vet</c>.</param>
    public static int Run(string[] arguments)
    {
        var quick = arguments.Contains("--quick");
        string Value(string name, string otherwise) => arguments.FirstOrDefault(a => a.StartsWith(name, StringComparison.Ordinal)) is { } a ? a[name.Length..] : otherwise;
        var layers = Value("--layers=", "1,2").Split(',').Select(l => int.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        if (layers is not [var few, var more] || few < 1 || more <= few)
        {
            Console.Error.WriteLine("--layers takes two numbers, the smaller first: their difference is what a layer costs.");
            return 64;
        }

        var assay = Value("--assay=", Path.Combine("artifacts", "bin", "Assay.Cli", "release", "Assay.Cli.dll"));
        var tokenizer = Value("--tokenizer=", Path.Combine("organisms", "llama", "aligned"));
        var rest = arguments.SkipWhile(a => a != "--").Skip(1).ToArray();
        if (quick) rest = ["--items", "8", "--documents", "1", "--max-new-tokens", "8", .. rest];
        var folder = Directory.CreateTempSubdirectory("assay-large-").FullName;
        var report = new StringBuilder();
        try
        {
            using (var team = new WorkTeam(Environment.ProcessorCount))
                report.AppendLine(CultureInfo.InvariantCulture, $"# `assay vet` of a pair of 7B-shaped models on {MachineProbe.Cpu()}\n\n{MachineProbe.Describe(team)} `--memory {Allowed}{string.Concat(rest.Select(r => " " + r))}`, random bf16 weights, noise of a tenth on every matrix of the candidate's layers (so no layer is computed once for both), a tokenizer of 1,280 entries under a head of 32,000. Greedy answers of such models never end: the longest that there can be.\n");
            report.AppendLine("| layers | GiB of the pair | seconds | peak private memory, MiB | way, as the plan told it |\n|---|---|---|---|---|");
            var measured = new List<(double Seconds, long Peak)>();
            foreach (var count in layers)
            {
                var (seconds, peak, gib, way) = Vet(Path.Combine(folder, $"{count}"), quick ? SyntheticCheckpoint.LlamaConfig(count, 256, 4, 4, 688, 2000) : SyntheticCheckpoint.LlamaConfig(count, 4096, 32, 32, 11008, 32000), assay, tokenizer, rest);
                measured.Add((seconds, peak));
                report.AppendLine(CultureInfo.InvariantCulture, $"| {count} | {gib:0.0} | {seconds:0} | {peak >> 20} | {way} |");
                Console.WriteLine(report.ToString().TrimEnd().Split('\n')[^1]);
                Directory.Delete(Path.Combine(folder, $"{count}"), true);
            }

            var layer = (measured[1].Seconds - measured[0].Seconds) / (more - few);
            var all = measured[0].Seconds + layer * (AllLayers - few);
            report.AppendLine(CultureInfo.InvariantCulture, $"| {AllLayers} (extrapolated) | | {all:0} = {all / 3600:0.0} h | not measured | |");
            report.AppendLine(CultureInfo.InvariantCulture, $"\nExtrapolated: {measured[0].Seconds:0} s + {AllLayers - few} × {layer:0} s a layer. It leaves out what a disk adds where the weights do not stay in the system's cache: then every pass reads them, as often as the plan says. Private memory holds one layer's room at a time, whatever the depth: {measured[0].Peak >> 20} MiB with {few}, {measured[1].Peak >> 20} MiB with {more}.");
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        Console.Write(report);
        if (arguments.TakeWhile(a => a != "--").FirstOrDefault(a => !a.StartsWith('-')) is { } file) File.WriteAllText(file, report.ToString());
        else if (!quick) File.WriteAllText(Path.Combine("bench", "results", "large-" + MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant() + ".md"), report.ToString());
        return 0;
    }

    private static (double Seconds, long Peak, double Gib, string Way) Vet(string folder, string config, string assay, string tokenizer, string[] rest)
    {
        long bytes = 0;
        foreach (var (name, seed) in new[] { ("base", 1UL), ("candidate", 2UL) })
        {
            var model = Path.Combine(folder, name);
            // One embedding and one head, as siblings have.
            SyntheticCheckpoint.Write(model, config, 1, t => seed == 2 && t.Contains(".layers.", StringComparison.Ordinal), noise: .1f);
            foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"]) File.Copy(Path.Combine(tokenizer, file), Path.Combine(model, file));
            bytes += new FileInfo(Path.Combine(model, "model.safetensors")).Length;
        }

        var run = Path.Combine(folder, "run");
        var start = new ProcessStartInfo("dotnet", [assay, "vet", Path.Combine(folder, "base"), Path.Combine(folder, "candidate"), "--memory", Allowed, "--seed", "7", "-o", run, .. rest]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var told = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        var seconds = watch.Elapsed.TotalSeconds;
        if (process.ExitCode is not (0 or 1 or 2)) throw new InvalidOperationException($"assay vet ended with {process.ExitCode}: {told.Result}{output.Result}");
        var environment = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "environment.json"))).RootElement;
        var way = string.Join("; ", told.Result.Split('\n').Where(l => l.StartsWith("way ", StringComparison.Ordinal) || l.StartsWith("decoding ", StringComparison.Ordinal) || l.StartsWith("cost ", StringComparison.Ordinal))
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)))).Replace($" ({Path.GetTempPath()})", "", StringComparison.Ordinal);
        return (seconds, environment.GetProperty("peak_private_bytes").GetInt64(), bytes / (double)(1 << 30), way);
    }
}
