using System.Text.Json;

namespace Assay.Evaluation.Tasks;

/// <summary>A line of a published file: its values by key, and what is wrong with it.</summary>
/// <param name="line">The line.</param>
/// <param name="values">Its object.</param>
/// <param name="problems">Gets every problem.</param>
internal sealed class PublishedRow(Line line, Dictionary<string, JsonElement> values, ProblemCount problems)
{
    /// <summary>Whether nothing was wrong so far.</summary>
    public bool IsGood => problems.None;

    /// <summary>Whether it has a key.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>Tells a problem.</summary>
    public void Problem(string problem) => problems.Add($"{line.At}: {problem}");

    /// <summary>A text that is needed, or null and a problem.</summary>
    public string? Text(string key) => LineFile.Text(line, values, key, TaskFile.MostQuestion, isNeeded: true, problems);

    /// <summary>A list of two or more texts that is needed; empty with a problem.</summary>
    public string[] Texts(string key)
    {
        if (values.TryGetValue(key, out var list)) return Texts(key, list);
        Problem($"there is no '{key}'; expected a list of texts.");
        return [];
    }

    /// <summary>A whole number within bounds, given as a number or as text; −1 with a problem.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">The least value.</param>
    /// <param name="end">One more than the greatest.</param>
    public int Index(string key, int least, int end)
    {
        if (!values.TryGetValue(key, out var value)) Problem($"there is no '{key}'; expected a whole number.");
        else if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var index)) Problem(
            $"'{key}' is {LineFile.Kind(value)}; expected a whole number.");
        else if (index >= least && index < end) return index;
        // Without choices another problem has been told.
        else if (end > 0) Problem($"'{key}' is {index}; expected {least} to {end - 1}.");
        return -1;
    }

    /// <summary>ARC's question, as AI2 publishes it (<c>question.stem</c> with choices of <c>label</c> and <c>text</c>) or as columns (<c>question</c>,
    /// <c>choices.label</c>, <c>choices.text</c>).</summary>
    public (string? Stem, string[] Labels, string[] Texts) LabelledChoices()
    {
        if (!values.TryGetValue("question", out var question)) Problem("there is no 'question' and no 'query'; expected one of them.");
        else if (question.ValueKind == JsonValueKind.String && values.TryGetValue("choices", out var columns) && columns.ValueKind == JsonValueKind.Object
            && Has(columns, "text", out var texts) && Has(columns, "label", out var labels))
        {
            var (names, choices) = (Texts("choices.label", labels), Texts("choices.text", texts));
            if (names.Length == choices.Length) return (Text("question"), names, choices);
            if (IsGood) Problem($"'choices' has {names.Length} labels and {choices.Length} texts; expected as many of one as of the other.");
        }
        else if (question.ValueKind == JsonValueKind.Object && Has(question, "stem", out var stem) && Has(question, "choices", out var list)
            && list.ValueKind == JsonValueKind.Array)
        {
            var (names, choices) = (new List<string>(), new List<string>());
            foreach (var choice in list.EnumerateArray())
            {
                if (choice.ValueKind == JsonValueKind.Object && Has(choice, "label", out var label) && Has(choice, "text", out var text)
                    && LineFile.Text(line, label, "'label'", TaskFile.MostName, problems) is { } name
                        && LineFile.Text(line, text, "'text'", TaskFile.MostAnswer, problems) is { } said)
                {
                    names.Add(name);
                    choices.Add(said);
                }
                else if (IsGood) Problem("a choice has no 'label' and 'text'; expected both.");
            }

            if (names.Count < 2 && IsGood) Problem($"there are {names.Count} choices; expected two or more.");
            return (LineFile.Text(line, stem, "'stem'", TaskFile.MostQuestion, problems), [.. names], [.. choices]);
        }
        else Problem("'question' is neither a text beside 'choices' with 'text' and 'label', nor an object with 'stem' and 'choices'.");

        return (null, [], []);
    }

    /// <summary>A value of an object within the line. Where a name holds half of a surrogate pair, none of its names can be looked up.</summary>
    private static bool Has(JsonElement owner, string key, out JsonElement value)
    {
        try
        {
            return owner.TryGetProperty(key, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    private string[] Texts(string key, JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array) Problem($"'{key}' is {LineFile.Kind(list)}; expected a list of texts.");
        else if (list.GetArrayLength() is < 2 or > TaskFile.MostChoices) Problem(
            $"'{key}' has {list.GetArrayLength()} texts; expected 2 to {TaskFile.MostChoices}.");
        else
        {
            var texts = list.EnumerateArray().Select((t, i) => LineFile.Text(line, t, $"text {i} of '{key}'", TaskFile.MostAnswer, problems)).ToArray();
            if (!texts.Contains(null)) return texts!;
        }

        return [];
    }
}
