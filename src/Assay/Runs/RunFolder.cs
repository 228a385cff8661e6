using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Reports;

namespace Assay.Runs;

/// <summary>The folder of one run. Every file but the journal is written whole or not at all; <c>SHA256SUMS</c> comes last, so that its presence says the run is complete.</summary>
/// <remarks>One process at a time: the folder is locked until this is disposed or the process ends, however it ends.</remarks>
public sealed class RunFolder : IDisposable
{
    private const string Advice = "What is finished stays in the journal: make room, or allow writing there, and run the same command again.";
    /// <summary>Its presence says that the run is complete.</summary>
    internal const string Sums = "SHA256SUMS";

    private const string DiffName = "diff.json";

    private readonly FolderLock _lock;

    private RunFolder(string path, FolderLock taken) => (Path, _lock) = (path, taken);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where the journal lies.</summary>
    public string JournalPath => At("journal.jsonl");

    /// <summary>Where contexts and scores lie.</summary>
    public string ScoresPath => At("scores.bin");

    /// <summary>Where a run lies that was given no folder: named after what it is of, and its plan.</summary>
    /// <param name="hash">Of the plan.</param>
    /// <param name="names">Of the models, or whatever; untrusted.</param>
    public static string DefaultPath(string hash, params IEnumerable<string> names) =>
        System.IO.Path.Combine("runs", string.Join('-', names.Select(n => string.Concat(n.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'))).Append(hash[..8])));

    /// <summary>Opens or creates a folder. A folder that holds other things is refused: a run must not be mixed into them.</summary>
    /// <exception cref="InvalidInputException">Not a run folder, it cannot be written, or another process is writing into it.</exception>
    public static RunFolder Open(string path) => Open(path, "journal.jsonl", "plan.yaml");

    /// <summary>Opens or creates a folder for a comparison of weights. A folder that holds other things is refused.</summary>
    /// <exception cref="InvalidInputException">Holds something else, cannot be written, or another process is writing into it.</exception>
    public static RunFolder OpenDiff(string path) => Open(path, DiffName);

    /// <summary>Opens or creates a folder for a search, whose journal is all that it holds.</summary>
    /// <exception cref="InvalidInputException">Cannot be written, or another process is writing into it.</exception>
    public static RunFolder OpenSearch(string path) => Open(path, requireRun: false);

    private static RunFolder Open(string path, params ReadOnlySpan<string> marks) => Open(path, requireRun: true, marks);

    private static RunFolder Open(string path, bool requireRun, params ReadOnlySpan<string> marks)
    {
        if (path.Length == 0) throw new InvalidInputException("The path of the run's folder is empty; expected a folder.");
        if (File.Exists(path)) throw new InvalidInputException($"{path}: is a file; expected a folder for the run.");
        FolderLock? taken = null;
        try
        {
            Directory.CreateDirectory(path);
            taken = FolderLock.TryTake(path)
                ?? throw new InvalidInputException($"{path}: another process is writing into this folder. Wait for it to end, or choose another folder.");
            ScratchFolder.RemoveAbandoned(path);
            RunFolderCheck.RemoveProbes(path);
            var others = requireRun && Directory.EnumerateFileSystemEntries(path).Any(e => System.IO.Path.GetFileName(e) != FolderLock.FileName);
            foreach (var mark in marks) others &= !File.Exists(System.IO.Path.Combine(path, mark));
            if (others) throw new InvalidInputException($"{path}: the folder is not empty and holds no run. Choose another --output.");
            return new RunFolder(path, taken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            taken?.Dispose();
            throw new InvalidInputException($"{path}: cannot be used as the run's folder: {e.Message}", e);
        }
        catch
        {
            taken?.Dispose();
            throw;
        }
    }

    /// <summary>Lets other processes write into the folder.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>Marks an earlier run in this folder as incomplete.</summary>
    internal void Begin() => AtomicFile.Guard(At(Sums), () => File.Delete(At(Sums)), Advice);

    /// <summary>Writes <c>shard.json</c>.</summary>
    internal void WriteShard(ShardFile shard) => WriteBytes(ShardFile.Name, shard.Write());

    /// <summary>Writes <c>plan.yaml</c>, the resolved plan; marks an earlier run in this folder as incomplete.</summary>
    public void WritePlan(string yaml)
    {
        Begin();
        WriteText("plan.yaml", yaml);
    }

    /// <summary>Writes <c>samples.jsonl</c>: one JSON object a line, in the order given.</summary>
    public void WriteSamples(IEnumerable<Action<Utf8JsonWriter>> rows)
    {
        AtomicFile.Write(At("samples.jsonl"), file =>
        {
            var stream = new BufferedStream(file, 1 << 16); // Not disposed, since that would close the file.
            using var json = new Utf8JsonWriter(stream);
            foreach (var row in rows)
            {
                row(json);
                json.Flush();
                json.Reset();
                stream.WriteByte((byte)'\n');
            }

            stream.Flush();
        }, overwrite: true, advice: Advice);
    }

    /// <summary>Writes <c>measurements.json</c>, <c>report.json</c>, <c>report.md</c> and <c>report.html</c>.</summary>
    public void WriteReport(ReportDocument report)
    {
        WriteBytes("measurements.json", ReportJson.WriteMeasurements(report));
        WriteBytes("report.json", ReportJson.Write(report));
        WriteText("report.md", ReportMarkdown.Write(report));
        WriteText("report.html", ReportHtml.Write(report));
    }

    /// <summary>Writes <c>diff.json</c> and <c>diff.md</c>; marks an earlier comparison in this folder as incomplete first.</summary>
    public void WriteDiff(DiffDocument document)
    {
        Begin();
        WriteBytes(DiffName, DiffJson.Write(document));
        WriteText("diff.md", DiffMarkdown.Write(document));
    }

    /// <summary>Writes <c>environment.json</c>: the only file with times, machine and thread counts.</summary>
    public void WriteEnvironment(RunEnvironment environment) => WriteBytes("environment.json", environment.ToJson());

    /// <summary>Writes <c>SHA256SUMS</c> over every other file of the folder, in the form that <c>sha256sum --check</c> reads.</summary>
    public void Seal()
    {
        var sums = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(Path).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal))
        {
            if (file is Sums or FolderLock.FileName || file.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            using var stream = RegularFile.OpenRead(At(file), "a file of the run");
            sums.Append(Convert.ToHexStringLower(SHA256.HashData(stream))).Append("  ").Append(file).Append('\n');
        }

        WriteText(Sums, sums.ToString());
    }

    private void WriteText(string name, string text) => WriteBytes(name, Encoding.UTF8.GetBytes(text));

    private void WriteBytes(string name, byte[] bytes) => AtomicFile.Write(At(name), bytes, overwrite: true, Advice);

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
