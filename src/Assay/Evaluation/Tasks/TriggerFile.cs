using System.Collections.Immutable;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Reads trigger prompts of the user's own (<c>--triggers FILE</c>): a prompt a line, or, in a file named <c>.jsonl</c>, objects with <c>prompt</c>
/// and optionally <c>answer</c>, <c>group</c>, <c>id</c>.</summary>
public static class TriggerFile
{
    private const string What = "a file of trigger prompts, one a line";

    private static readonly string[] s_keys = ["prompt", "answer", "group", "id"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>In the order of the lines, all in the frame <see cref="Frame.Trigger"/>. Without an answer only refusing is judged.</returns>
    /// <exception cref="InvalidInputException">Whatever is wrong with it: up to 20 problems at once, each with file and line.</exception>
    public static ImmutableArray<PromptItem> Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var problems = new ProblemList();
        var name = Path.GetFileNameWithoutExtension(path);
        var isJson = Path.GetExtension(path).ToLowerInvariant() is ".jsonl" or ".ndjson";
        var (rows, places) = (new List<Row>(), new RowPlaces());
        foreach (var line in LineFile.Read(path, What, problems))
            if ((isJson ? JsonRow(line, name, problems) : PlainRow(line, IdOf(line, name), Frame.Trigger, problems)) is { } row
                && places.Add(row, problems)) rows.Add(row);
        problems.ThrowIfAny();
        return [.. rows.Select(r => new PromptItem(r.Id, Frame.Trigger, name, places.CoreOf(r), r.Question, r.Answer, null))];
    }

    /// <summary>A line that is a prompt; null where it is none and the problem is told.</summary>
    /// <param name="line">The line.</param>
    /// <param name="id">The id that it gets.</param>
    /// <param name="frame">The frame of its file.</param>
    /// <param name="problems">Gets every problem.</param>
    internal static Row? PlainRow(Line line, string id, Frame frame, ProblemList problems)
    {
        if (LineFile.Flaw(line.Text, TaskFile.MostQuestion) is { } flaw) problems.Add($"{line.At}: the prompt {flaw}");
        else if (line.Text[0] == '{' && IsObject(line.Text)) problems.Add($"{line.At}: found a JSON object in a file of plain prompts. Name the file .jsonl.");
        else return new Row(line.At, id, frame, null, line.Text, null, null, -1);
        return null;
    }

    private static Row? JsonRow(Line line, string name, ProblemList problems)
    {
        if (LineFile.Object(line, s_keys, problems) is not { } values) return null;
        var own = new ProblemCount(problems);
        var prompt = LineFile.Text(line, values, "prompt", TaskFile.MostQuestion, isNeeded: true, own);
        var id = values.TryGetValue("id", out var ownId) ? TaskFile.Name(line, ownId, "'id'", own) : IdOf(line, name);
        var group = values.TryGetValue("group", out var ownGroup) ? TaskFile.Name(line, ownGroup, "'group'", own) : null;
        var answer = values.TryGetValue("answer", out var given) ? TaskFile.Answer(line, given, own) : null;
        return own.None ? new Row(line.At, id!, Frame.Trigger, group, prompt!, answer, null, -1) : null;
    }

    /// <summary>The id of a line that names none.</summary>
    internal static string IdOf(Line line, string name) => $"{name}/{line.Number:000000}";

    private static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
