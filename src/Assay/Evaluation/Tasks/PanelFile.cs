using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>A public list of prompts as it was read from a file (<c>--panel FILE</c>): a prompt a line, or, in a file named <c>.jsonl</c>, objects with
/// <c>prompt</c> and optionally <c>id</c>, <c>stratum</c>, <c>answer</c>, as <c>assay panel</c> writes them.</summary>
/// <param name="Hash">SHA-256 of the file's bytes, lower-case hex.</param>
/// <param name="Prompts">In the order of the lines, all in the frame <see cref="Frame.Benign"/>.</param>
public sealed record PanelFile(string Hash, ImmutableArray<PromptItem> Prompts)
{
    private const string What = "a public list of prompts, one a line";

    // The file's name decides nothing: the same bytes are the same panel wherever they lie.
    private const string Name = "public";

    private static readonly string[] s_keys = ["id", "stratum", "prompt", "answer"];

    /// <summary>Reads a file, all of it before anything is returned.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">Whatever is wrong with it: up to 20 problems at once, each with file and line.</exception>
    public static PanelFile Read(string path)
    {
        if (string.IsNullOrEmpty(path)) throw new InvalidInputException($"The path of {What} is empty; expected a file.");
        var bytes = RegularFile.ReadAllBytes(path, LineFile.MostBytes, What);
        var problems = new ProblemList();
        var isJson = Path.GetExtension(path).ToLowerInvariant() is ".jsonl" or ".ndjson";
        var (rows, places) = (new List<(Row Row, string Stratum)>(), new RowPlaces());
        foreach (var line in LineFile.Lines(path, What, bytes, problems))
        {
            var stratum = Name;
            var row = isJson ? JsonRow(line, problems, out stratum) : TriggerFile.PlainRow(line, TriggerFile.IdOf(line, Name), Frame.Benign, problems);
            if (row is not null && places.Add(row, problems)) rows.Add((row, stratum));
        }

        problems.ThrowIfAny();
        return new PanelFile(Convert.ToHexStringLower(SHA256.HashData(bytes)),
            [.. rows.Select(r => new PromptItem(r.Row.Id, Frame.Benign, r.Stratum, places.CoreOf(r.Row), r.Row.Question, r.Row.Answer, null))]);
    }

    private static Row? JsonRow(Line line, ProblemList problems, out string stratum)
    {
        stratum = Name;
        if (LineFile.Object(line, s_keys, problems) is not { } values) return null;
        var own = new ProblemCount(problems);
        var prompt = LineFile.Text(line, values, "prompt", TaskFile.MostQuestion, isNeeded: true, own);
        var id = values.TryGetValue("id", out var ownId) ? TaskFile.Name(line, ownId, "'id'", own) : TriggerFile.IdOf(line, Name);
        stratum = LineFile.Text(line, values, "stratum", TaskFile.MostName, isNeeded: false, own) ?? Name;
        // Nothing is held against it, however it is written.
        var answer = !values.TryGetValue("answer", out var given) ? null : given.ValueKind == JsonValueKind.Number ? given.GetRawText()
            : LineFile.Text(line, given, "'answer'", TaskFile.MostAnswer, own);
        return own.None ? new Row(line.At, id!, Frame.Benign, null, prompt!, answer, null, -1) : null;
    }
}
