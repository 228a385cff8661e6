using System.Globalization;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Reads tasks of the user's own (<c>--tasks FILE</c>): JSON lines with <c>question</c>, <c>answer</c> or <c>choices</c> and <c>answer</c>, and
/// optionally <c>frame</c>, <c>group</c>, <c>id</c>.</summary>
/// <remarks>The whole file is checked before anything of it is returned. Answers are data: they are compared, never used as patterns.</remarks>
public static class TaskFile
{
    /// <summary>Characters that a question may have.</summary>
    public const int MostQuestion = 400_000;

    /// <summary>Characters that an answer or a choice may have.</summary>
    public const int MostAnswer = 10_000;

    /// <summary>Characters that an id or a group may have.</summary>
    public const int MostName = 200;

    /// <summary>Choices that a question may have; each has a letter.</summary>
    public const int MostChoices = 26;

    private const string What = "a file of tasks, one JSON object a line";

    private static readonly string[] s_keys = ["question", "answer", "choices", "frame", "group", "id"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">Whatever is wrong with it: up to 20 problems at once, each with file and line.</exception>
    public static TaskSet Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var problems = new ProblemList();
        var name = Path.GetFileNameWithoutExtension(path);
        var (rows, places) = (new List<Row>(), new RowPlaces());
        foreach (var line in LineFile.Read(path, What, problems))
            if (RowOf(line, name, problems) is { } row && places.Add(row, problems)) rows.Add(row);
        problems.ThrowIfAny();
        return new TaskSet(name, [.. rows.Where(r => r.Choices is null).Select(r => Prompt(r, name, places))],
            [.. rows.Where(r => r.Choices is not null).Select(r => Choice(r, name, places))]);
    }

    private static PromptItem Prompt(Row row, string name, RowPlaces places) =>
        new(row.Id, row.Frame, name, places.CoreOf(row), row.Question, row.Answer, null);

    private static ChoiceItem Choice(Row row, string name, RowPlaces places) => new(
        row.Id, row.Frame, name, places.CoreOf(row), [.. row.Choices!.Select(c => new ChoiceOption($"Question: {row.Question}\nAnswer:", " " + c))], row.Right);

    private static Row? RowOf(Line line, string name, ProblemList problems)
    {
        if (LineFile.Object(line, s_keys, problems) is not { } values) return null;
        var before = new ProblemCount(problems);
        var question = LineFile.Text(line, values, "question", MostQuestion, isNeeded: true, before);
        var id = values.TryGetValue("id", out var ownId) ? Name(line, ownId, "'id'", before) : $"{name}/{line.Number:000000}";
        var group = values.TryGetValue("group", out var ownGroup) ? Name(line, ownGroup, "'group'", before) : null;
        var frame = FrameOf(line, values, before);
        string[]? choices = null;
        var right = -1;
        string? answer = null;
        if (!values.TryGetValue("answer", out var given)) before.Add(
            $"{line.At}: there is no 'answer'; expected " +
            $"{(values.ContainsKey("choices") ? "an index, a letter or the text of a choice" : "a text or a number")}.");
        if (values.TryGetValue("choices", out var list))
        {
            choices = ChoicesOf(line, list, before);
            if (choices is not null && given.ValueKind != JsonValueKind.Undefined) right = RightOf(line, choices, given, before);
            if (right >= 0) answer = choices![right];
        }
        else if (given.ValueKind != JsonValueKind.Undefined) answer = Answer(line, given, before);
        return before.None ? new Row(line.At, id!, frame, group, question!, answer!, choices, right) : null;
    }

    private static Frame FrameOf(Line line, Dictionary<string, JsonElement> values, ProblemCount problems)
    {
        if (!values.TryGetValue("frame", out var value)) return Frame.Benign;
        var text = LineFile.Text(line, value, "'frame'", MostName, problems);
        if (text is not (null or "benign" or "trigger")) problems.Add($"{line.At}: 'frame' is {ProblemList.Quote(text)}; expected benign or trigger.");
        return text == "trigger" ? Frame.Trigger : Frame.Benign;
    }

    /// <summary>A name: a text, or a whole number.</summary>
    internal static string? Name(Line line, JsonElement value, string key, ProblemCount problems)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)) return number.ToString(CultureInfo.InvariantCulture);
        return LineFile.Text(line, value, key, MostName, problems);
    }

    /// <summary>An answer that stands for itself: a text or a number.</summary>
    internal static string? Answer(Line line, JsonElement given, ProblemCount problems)
    {
        if (given.ValueKind == JsonValueKind.Number) return given.GetRawText();
        if (LineFile.Text(line, given, "'answer'", MostAnswer, problems) is not { } text) return null;
        // No reply says that, so that both models would be wrong throughout and the file would seem to show that nothing changed.
        if (AnswerPattern.Is(text)) problems.Add(
            $"{line.At}: 'answer' {ProblemList.Quote(text)} is written as a pattern; answers are compared as they stand. " +
            "Give the answer itself, or 'choices' where the pattern is the answer.");
        return text;
    }

    private static string[]? ChoicesOf(Line line, JsonElement list, ProblemCount problems)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            problems.Add($"{line.At}: 'choices' is {LineFile.Kind(list)}; expected a list of texts.");
            return null;
        }

        var count = list.GetArrayLength();
        if (count is < 2 or > MostChoices)
        {
            problems.Add($"{line.At}: 'choices' has {count} texts; expected 2 to {MostChoices}.");
            return null;
        }

        var texts = list.EnumerateArray().Select((c, i) => LineFile.Text(line, c, $"choice {i}", MostAnswer, problems)).ToArray();
        if (texts.Contains(null)) return null;
        for (var i = 0; i < count; i++)
        {
            if (Array.IndexOf(texts, texts[i]) is var first && first == i) continue;
            problems.Add($"{line.At}: choices {first} and {i} are the same text {ProblemList.Quote(texts[i]!)}; expected different ones.");
            return null;
        }

        return texts!;
    }

    // An index counts from 0. What may be read in two ways is refused rather than guessed.
    private static int RightOf(Line line, string[] choices, JsonElement given, ProblemCount problems)
    {
        if (given.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
        {
            problems.Add($"{line.At}: 'answer' is {LineFile.Kind(given)}; expected an index, a letter or the text of a choice.");
            return -1;
        }

        var isNumber = given.ValueKind == JsonValueKind.Number;
        var text = isNumber ? given.GetRawText() : LineFile.Text(line, given, "'answer'", MostAnswer, problems);
        if (text is null) return -1;
        var byText = Array.IndexOf(choices, text);
        var byPlace = isNumber ? given.TryGetInt32(out var index) && index >= 0 && index < choices.Length ? index : -1
            : text.Length == 1 && text[0] is >= 'A' and <= 'Z' && text[0] - 'A' < choices.Length ? text[0] - 'A' : -1;
        if (byText >= 0 && byPlace >= 0 && byText != byPlace) problems.Add(
            $"{line.At}: 'answer' {ProblemList.Quote(text)} is the text of choice {byText} and {(isNumber ? "the index" : "the letter")} of choice {byPlace}; "
            + $"give {(isNumber ? "the letter" : "the index")}, which can be read in one way.");
        else if (byText < 0 && byPlace < 0) problems.Add(
            $"{line.At}: 'answer' {ProblemList.Quote(text)} is not among the {choices.Length} choices; expected one of their texts, an index from 0 to " +
                $"{choices.Length - 1}, "
            + $"or a letter from A to {(char)('A' + choices.Length - 1)}.");
        else return Math.Max(byText, byPlace);
        return -1;
    }
}
