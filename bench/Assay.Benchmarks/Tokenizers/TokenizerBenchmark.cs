using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Benchmarks.Peers;
using Assay.Tokenization;

namespace Assay.Benchmarks.Tokenizers;

/// <summary>How fast text becomes ids: a first pass over a book with a cold word cache beside npm's packages, other tokenizers, and a fresh process from file to first ids.</summary>
internal static class TokenizerBenchmark
{
    private const int Processes = 5;

    private static readonly string[] Packages = ["tokenizers", "@anush008/tokenizers", "tiktoken", "js-tiktoken", "gpt-tokenizer", "@huggingface/tokenizers"];

    /// <summary>Runs everything and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--interop=FOLDER</c> with tokenizers and corpora (default: <c>ASSAY_INTEROP</c>); <c>--npm=FOLDER</c> with the packages installed;
    /// <c>--published=FOLDER</c> with the published build; <c>--rounds=N</c>. <c>--first-ids=FILE</c> is what the fresh processes are asked.</param>
    public static int Run(string[] arguments)
    {
        if (Value(arguments, "--first-ids=") is { } single) return FirstIds(single);
        var interop = Value(arguments, "--interop=") ?? Environment.GetEnvironmentVariable("ASSAY_INTEROP");
        if (interop is null)
        {
            Console.Error.WriteLine("Name the folder with tokenizers and corpora: --interop=FOLDER, or ASSAY_INTEROP.");
            return 64;
        }
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-')) ?? Path.Combine("bench", "results", "tokenizers-" + MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant() + ".md");
        var rounds = Value(arguments, "--rounds=") is { } n ? int.Parse(n, CultureInfo.InvariantCulture) : 7;
        var report = new StringBuilder();
        report.Append(CultureInfo.InvariantCulture, $"# Tokenizers on {MachineProbe.Cpu()}\n\nAssay {typeof(Tokenizer).Assembly.GetName().Version?.ToString(3)}, .NET {Environment.Version}, {DateTime.UtcNow:yyyy-MM-dd}; one thread; medians (least–most) of {rounds} rounds, contestants in turn.\n\n");
        Book(report, interop, Value(arguments, "--npm="), rounds);
        Others(report, interop, rounds);
        Start(report, interop, Value(arguments, "--published="));
        Console.Write(report);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, report.ToString());
        return 0;
    }

    private static void Book(StringBuilder report, string interop, string? npm, int rounds)
    {
        var folder = Path.Combine(interop, "tokenizers", "gpt2");
        var (warm, book) = (Path.Combine(interop, "corpora", "tinyshakespeare", "input.txt"), Path.Combine(interop, "corpora", "war-and-peace", "war-and-peace.txt"));
        var json = File.ReadAllBytes(Path.Combine(folder, "tokenizer.json"));
        var (warmText, text) = (File.ReadAllText(warm), File.ReadAllText(book));
        var megabytes = new FileInfo(book).Length / 1e6;
        for (var i = 0; i < 3; i++) Tokenizer.Parse(json).Encode(warmText, false);
        int[] ids = [];
        List<Contestant> contestants = [new("Assay", () => megabytes / Seconds(Tokenizer.Parse(json), text, out ids))];
        Dictionary<string, PeerAnswer> answers = [];
        if (npm is not null)
        {
            foreach (var package in Packages)
            {
                contestants.Add(new Contestant(package, () =>
                {
                    answers[package] = PeerAnswer.Ask(npm, package, folder, warm, book);
                    return megabytes / answers[package].Seconds;
                }));
            }
        }
        report.Append(CultureInfo.InvariantCulture, $"## First pass over a book\n\nGPT-2's tokenizer, `war-and-peace.txt` ({megabytes:0.00} MB), no special tokens. The code has been warmed on another text with other instances, the instance is fresh, its caches are cold. Every package in a process of its own.\n\n| program | MB/s | ours ÷ theirs | same ids |\n|---|---|---|---|\n");
        var results = new Contest(0, rounds).Run(contestants);
        var sum = PeerAnswer.SumOf(ids);
        foreach (var result in results)
        {
            var version = answers.TryGetValue(result.Name, out var answer) ? " " + answer.Version : "";
            if (result.Failure is not null) report.Append(CultureInfo.InvariantCulture, $"| {result.Name} | not measured: {result.Failure} | – | – |\n");
            else report.Append(CultureInfo.InvariantCulture, $"| {result.Name}{version} | {PeersReport.Spread(result)} | {results[0].Median / result.Median:0.00} | {(answer is null ? "–" : answer.Sum == sum ? "yes" : "NO")} |\n");
        }
        if (npm is null) report.Append("\nnpm's packages were not measured: `--npm=FOLDER` was not given.\n");
    }

    private static void Others(StringBuilder report, string interop, int rounds)
    {
        report.Append("\n## The same book, other tokenizers\n\n| tokenizer | entries | reading the file, ms | MB/s, first pass | MB/s, second pass |\n|---|---|---|---|---|\n");
        var book = Path.Combine(interop, "corpora", "war-and-peace", "war-and-peace.txt");
        var text = File.ReadAllText(book);
        var megabytes = new FileInfo(book).Length / 1e6;
        foreach (var folder in Directory.GetDirectories(Path.Combine(interop, "tokenizers")).Order(StringComparer.Ordinal).Where(f => File.Exists(Path.Combine(f, "tokenizer.json"))))
        {
            var json = File.ReadAllBytes(Path.Combine(folder, "tokenizer.json"));
            List<double> load = [], first = [], second = [];
            Tokenizer? tokenizer = null;
            for (var round = -1; round < rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                tokenizer = Tokenizer.Parse(json);
                var loaded = clock.Elapsed.TotalMilliseconds;
                var (cold, again) = (Seconds(tokenizer, text, out _), Seconds(tokenizer, text, out _));
                if (round < 0) continue;
                load.Add(loaded);
                first.Add(megabytes / cold);
                second.Add(megabytes / again);
            }
            report.Append(CultureInfo.InvariantCulture, $"| {Path.GetFileName(folder)} | {tokenizer!.Count} | {Middle(load):0.0} | {Middle(first):0.0} | {Middle(second):0.0} |\n");
        }
    }

    private static void Start(StringBuilder report, string interop, string? published)
    {
        report.Append("\n## From file to first ids, fresh processes\n\n`llama3.2-reconstructed`, 128,000 entries. *Inside*: from opening the file to the ids of a short sentence. *Whole process*: from starting the program to its end, the runtime's own start included.\n\n");
        var program = published is null ? null : Path.Combine(published, OperatingSystem.IsWindows() ? "Assay.Benchmarks.exe" : "Assay.Benchmarks");
        if (program is null || !File.Exists(program))
        {
            report.Append("Not measured: `--published=FOLDER` did not name a published build.\n");
            return;
        }
        var file = Path.Combine(interop, "tokenizers", "llama3.2-reconstructed", "tokenizer.json");
        List<double> inside = [], whole = [];
        for (var i = -1; i < Processes; i++)
        {
            var clock = Stopwatch.StartNew();
            var output = PeerAnswer.Output(program, ["tokenizers", "--first-ids=" + Path.GetFullPath(file)], published!);
            // The first one only brings the program into the file cache.
            if (i < 0) continue;
            whole.Add(clock.Elapsed.TotalMilliseconds);
            inside.Add(double.Parse(output.Split(' ')[0], CultureInfo.InvariantCulture));
        }
        report.Append("| | ms, median (least–most) of 5 |\n|---|---|\n");
        foreach (var (name, list) in new[] { ("inside", inside), ("whole process", whole) }) report.Append(CultureInfo.InvariantCulture, $"| {name} | {Middle(list):0} ({list.Min():0}–{list.Max():0}) |\n");
    }

    private static int FirstIds(string file)
    {
        var clock = Stopwatch.StartNew();
        var ids = Tokenizer.Parse(File.ReadAllBytes(file)).Encode("The quick brown fox jumps over the lazy dog.", true);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds:0.0} {string.Join(' ', ids)}"));
        return 0;
    }

    private static double Seconds(Tokenizer tokenizer, string text, out int[] ids)
    {
        var clock = Stopwatch.StartNew();
        ids = tokenizer.Encode(text, false);
        return clock.Elapsed.TotalSeconds;
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string? Value(string[] arguments, string option) => arguments.FirstOrDefault(a => a.StartsWith(option, StringComparison.Ordinal))?[option.Length..];

    /// <summary>What a package said of one pass.</summary>
    private sealed record PeerAnswer(string Version, double Seconds, long Sum)
    {
        public static PeerAnswer Ask(string npm, string package, string folder, string warm, string text)
        {
            // Node looks packages up from the script's place and from where it is started.
            var script = Path.Combine(AppContext.BaseDirectory, "Tokenizers", "tokenizer_peer.mjs");
            using var json = JsonDocument.Parse(Output("node", [script, package, Path.GetFullPath(folder), Path.GetFullPath(warm), Path.GetFullPath(text)], npm));
            return new PeerAnswer(json.RootElement.GetProperty("version").GetString()!, json.RootElement.GetProperty("seconds").GetDouble(), json.RootElement.GetProperty("sum").GetInt64());
        }

        public static long SumOf(int[] ids) => ids.Aggregate(0L, (sum, id) => (sum * 31 + id) % 1_000_000_007);

        public static string Output(string program, string[] arguments, string folder)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new PeerUnavailableException($"{program} does not start");
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new PeerUnavailableException(errors.Result.Split('\n').FirstOrDefault(line => line.Contains("Error", StringComparison.Ordinal)) ?? $"exit code {process.ExitCode}");
        }
    }
}
