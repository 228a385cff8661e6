using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Reports;

/// <summary>The folder of one run. Every file but the journal is written whole or not at all; <c>SHA256SUMS</c> comes last, so that its presence says the run is complete.</summary>
public sealed class RunFolder
{
    private const string Sums = "SHA256SUMS";
    private const string DiffName = "diff.json";

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where the journal lies.</summary>
    public string JournalPath => At("journal.jsonl");

    /// <summary>Where a run lies that was given no folder: named after what it is of, and its plan.</summary>
    /// <param name="hash">Of the plan.</param>
    /// <param name="names">Of the models, or whatever; untrusted.</param>
    public static string DefaultPath(string hash, params IEnumerable<string> names) =>
        System.IO.Path.Combine("runs", string.Join('-', names.Select(n => string.Concat(n.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'))).Append(hash[..8])));

    /// <summary>Opens or creates a folder. A folder that holds other things is refused: a run must not be mixed into them.</summary>
    /// <exception cref="InvalidInputException">Not a run folder, or it cannot be written.</exception>
    public static RunFolder Open(string path) => Open(path, "journal.jsonl", "plan.yaml");

    /// <summary>Opens or creates a folder for a comparison of weights. A folder that holds other things is refused.</summary>
    /// <exception cref="InvalidInputException">Holds something else, or cannot be written.</exception>
    public static RunFolder OpenDiff(string path) => Open(path, DiffName);

    private static RunFolder Open(string path, params ReadOnlySpan<string> marks)
    {
        if (File.Exists(path)) throw new InvalidInputException($"{path}: is a file; expected a folder for the run.");
        try
        {
            var present = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
            foreach (var mark in marks) present &= !File.Exists(System.IO.Path.Combine(path, mark));
            if (present)
                throw new InvalidInputException($"{path}: the folder is not empty and holds no run. Choose another --output.");
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be used as the run's folder: {e.Message}", e);
        }

        return new RunFolder(path);
    }

    /// <summary>Writes <c>plan.yaml</c>, the resolved plan; marks an earlier run in this folder as incomplete.</summary>
    public void WritePlan(string yaml)
    {
        AtomicFile.Guard(At(Sums), () => File.Delete(At(Sums)));
        WriteText("plan.yaml", yaml);
    }

    /// <summary>Writes <c>samples.jsonl</c>: one JSON object a line, in the order given.</summary>
    public void WriteSamples(IEnumerable<Action<Utf8JsonWriter>> rows)
    {
        AtomicFile.Write(At("samples.jsonl"), stream =>
        {
            using var json = new Utf8JsonWriter(stream);
            foreach (var row in rows)
            {
                row(json);
                json.Flush();
                json.Reset();
                stream.WriteByte((byte)'\n');
            }
        });
    }

    /// <summary>Writes <c>measurements.json</c>, <c>report.json</c> and <c>report.md</c>.</summary>
    public void WriteReport(ReportDocument report)
    {
        AtomicFile.Write(At("measurements.json"), ReportJson.WriteMeasurements(report));
        AtomicFile.Write(At("report.json"), ReportJson.Write(report));
        WriteText("report.md", ReportMarkdown.Write(report));
    }

    /// <summary>Writes <c>diff.json</c> and <c>diff.md</c>; marks an earlier comparison in this folder as incomplete first.</summary>
    public void WriteDiff(DiffDocument document)
    {
        AtomicFile.Guard(At(Sums), () => File.Delete(At(Sums)));
        AtomicFile.Write(At(DiffName), DiffJson.Write(document));
        WriteText("diff.md", DiffMarkdown.Write(document));
    }

    /// <summary>Writes <c>environment.json</c>: the only file with times, machine and thread counts.</summary>
    public void WriteEnvironment(RunEnvironment environment) => AtomicFile.Write(At("environment.json"), environment.ToJson());

    /// <summary>Writes <c>SHA256SUMS</c> over every other file of the folder, in the form that <c>sha256sum --check</c> reads.</summary>
    public void Seal()
    {
        var sums = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(Path).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal))
        {
            if (file == Sums || file.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            using var stream = new FileStream(At(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            sums.Append(Convert.ToHexStringLower(SHA256.HashData(stream))).Append("  ").Append(file).Append('\n');
        }

        WriteText(Sums, sums.ToString());
    }

    private void WriteText(string name, string text) => AtomicFile.Write(At(name), Encoding.UTF8.GetBytes(text));

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
