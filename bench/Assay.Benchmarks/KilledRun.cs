using System.Diagnostics;

namespace Assay.Benchmarks;

/// <summary>Runs the built command line in a process of its own and kills it (SIGKILL) at a moment of its course.</summary>
/// <param name="assay">Assay.Cli.dll.</param>
/// <param name="arguments">What it is called with; the run's folder is not among them.</param>
internal sealed class KilledRun(string assay, string[] arguments)
{
    /// <summary>Files that do not depend on where and when a run is made.</summary>
    public static readonly string[] Files = ["plan.yaml", "journal.jsonl", "scores.bin", "samples.jsonl", "measurements.json", "report.json", "report.md",
        "report.html"];

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    /// <summary>A moment of a run.</summary>
    /// <param name="Name">In words.</param>
    /// <param name="Reached">Whether a run folder has come so far.</param>
    /// <param name="Later">How long after that the process is killed.</param>
    internal sealed record Moment(string Name, Func<string, bool> Reached, TimeSpan Later = default)
    {
        /// <summary>So many units are in the journal.</summary>
        public static Moment Units(int count, TimeSpan later = default) =>
            new($"{count} units{(later > TimeSpan.Zero ? $", {later.TotalMilliseconds:0} ms later" : "")}",
            run => Lines(run) > count, later);

        /// <summary>So many units are in the journal, and scores.bin has grown since: the next line is about to be written.</summary>
        public static Moment Between(int count)
        {
            var (lines, length) = (-1, 0L);
            return new Moment($"{count} units, between scores.bin and the journal", run =>
            {
                var (now, there) = (Length(Path.Combine(run, "scores.bin")), Lines(run));
                if (there == lines) return there > count && now > length;
                (lines, length) = (there, now);
                return false;
            });
        }

        /// <summary>A file or folder has come; a name may end in an asterisk.</summary>
        public static Moment Entry(string name, TimeSpan later = default) =>
            new($"{name} is there", run => Directory.Exists(run) && Directory.EnumerateFileSystemEntries(run, name).Any(), later);

        private static int Lines(string run) => ReadShared(Path.Combine(run, "journal.jsonl")).Count(c => c == '\n');
    }

    /// <summary>What a killed process has left.</summary>
    /// <param name="Units">Units that the journal names.</param>
    /// <param name="UnnamedBytes">Whether scores.bin is longer than it was when the journal last grew: a block without its line, or a part of one.</param>
    /// <param name="Names">Entries of the folder.</param>
    internal sealed record Left(IReadOnlyList<string> Units, bool UnnamedBytes, IReadOnlyList<string> Names);

    /// <summary>Runs to the end in a folder: its run lies in <c>run</c> within.</summary>
    /// <returns>Seconds that it took.</returns>
    public double Finish(string folder)
    {
        var watch = Stopwatch.StartNew();
        using var process = Start(folder);
        var told = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_longest))
        {
            process.Kill();
            throw new InvalidOperationException($"The run in {folder} took longer than {s_longest}.");
        }

        // 0 to 2: whatever the verdict.
        if (process.ExitCode is not (0 or 1 or 2)) throw new InvalidOperationException($"The run in {folder} ended with {process.ExitCode}: {told.Result}");
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Starts the same and kills it at a moment.</summary>
    /// <returns>What is left; null where the run ended first.</returns>
    public Left? Kill(string folder, Moment moment)
    {
        var run = Path.Combine(folder, "run");
        using var process = Start(folder);
        var told = process.StandardError.ReadToEndAsync();
        var watch = Stopwatch.StartNew();
        while (!moment.Reached(run))
        {
            if (process.HasExited) return null;
            if (watch.Elapsed > s_longest)
            {
                process.Kill();
                throw new InvalidOperationException($"The run in {folder} did not come to '{moment.Name}' within {s_longest}.");
            }

            Thread.Sleep(1);
        }

        if (moment.Later > TimeSpan.Zero) Thread.Sleep(moment.Later);
        process.Kill();
        process.WaitForExit();
        // A process that ended by itself was not killed.
        if (process.ExitCode is 0 or 1 or 2) return null;
        return new Left(Units(run), File.Exists(Path.Combine(run, "scores.bin")) && Torn(run),
            Directory.Exists(run) ? [.. Directory.EnumerateFileSystemEntries(run).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal)] : []);
    }

    /// <summary>Units that a run's journal names, whole lines alone.</summary>
    public static IReadOnlyList<string> Units(string run)
    {
        var lines = ReadShared(Path.Combine(run, "journal.jsonl")).Split('\n')[..^1];
        const string before = "{\"key\":\"";
        return [.. lines.Where(l => l.StartsWith(before, StringComparison.Ordinal)).Select(l => l[before.Length..l.IndexOf('"', before.Length)])];
    }

    /// <summary>How many bytes a file has; 0 where it is not there.</summary>
    public static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>Names of the files of two runs that are not the same, byte for byte, and of those that only one of them has.</summary>
    public static IReadOnlyList<string> Differences(string undisturbed, string folder)
    {
        string[] first = Names(undisturbed), second = Names(folder);
        return [.. Files.Where(f => !Bytes(undisturbed, f).SequenceEqual(Bytes(folder, f))), .. first.Except(second).Concat(second.Except(first))];

        static byte[] Bytes(string folder, string name) => File.Exists(Path.Combine(folder, "run", name)) ? File.ReadAllBytes(Path.Combine(folder, "run", name))
            : [];
        static string[] Names(string folder) => [.. Directory.EnumerateFileSystemEntries(Path.Combine(folder, "run")).Select(e => Path.GetFileName(e)!)];
    }

    private static bool Torn(string run)
    {
        // Blocks are padded to 8 bytes behind a header of 16 and a padded key.
        static long Padded(long length) => (length + 7) / 8 * 8;
        var named = ReadShared(Path.Combine(run, "journal.jsonl")).Split('\n')[..^1].Skip(1).Sum(line =>
        {
            using var entry = System.Text.Json.JsonDocument.Parse(line);
            return 16 + Padded(System.Text.Encoding.UTF8.GetByteCount(entry.RootElement.GetProperty("key").GetString()!))
                + Padded(entry.RootElement.GetProperty("value").GetProperty("bytes").GetInt64());
        });
        return Length(Path.Combine(run, "scores.bin")) > named;
    }

    private static string ReadShared(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            // Not there yet.
            return "";
        }
    }

    private Process Start(string folder)
    {
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet",
            [assay, .. arguments, "-o", "run", "-q"])
        {
            UseShellExecute = false, WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0"; // A run of seconds never earns what watching its code costs.
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }
}
