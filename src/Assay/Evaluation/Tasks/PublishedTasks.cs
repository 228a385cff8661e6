using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Reads published task files as they are published (<c>--tasks KIND:PATH</c>): ARC, PIQA and WinoGrande as the original JSON lines or as llm-foundry
/// ships them, GSM8K.</summary>
/// <remarks>Contexts are those of lm-evaluation-harness: <c>Question: …\nAnswer:</c>, then a space and the choice; for WinoGrande the sentence up to the gap,
/// filled, then its rest.</remarks>
public static class PublishedTasks
{
    private const string Gap = "_", AnswerMark = "####";

    private static readonly string[] s_foundry = ["query", "choices", "gold", "category"];

    /// <summary>The kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["arc", "piqa", "winogrande", "gsm8k"];

    /// <summary>Reads a file.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="path">The file.</param>
    /// <returns>Choices; for <c>gsm8k</c> prompts. All are benign, each its own core.</returns>
    /// <exception cref="InvalidInputException">An unknown kind, or whatever is wrong with the file: up to 20 problems at once, each with file and
    /// line.</exception>
    public static TaskSet Read(string kind, string path)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(path);
        if (!Kinds.Contains(kind)) throw new InvalidInputException(
            $"There is no published task {ProblemList.Quote(kind)}; expected {string.Join(", ", Kinds)}, or a file of your own.");
        var problems = new ProblemList();
        var (prompts, choices) = (new List<PromptItem>(), new List<ChoiceItem>());
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in LineFile.Read(path, $"the published file of {kind}, one JSON object a line", problems))
        {
            if (LineFile.Object(line, KeysOf(kind), problems) is not { } values) continue;
            var row = new PublishedRow(line, values, new ProblemCount(problems));
            var core = line.Number - 1;
            var id = values.ContainsKey("id") ? row.Text("id") : values.ContainsKey("qID") ? row.Text("qID") : $"{kind}/{core:00000}";
            if (id is not null && !ids.TryAdd(id, line.At)) row.Problem($"the id {ProblemList.Quote(id)} stands in {ids[id]} already; ids are unique.");
            if (kind == "gsm8k")
            {
                var (question, worked) = (row.Text("question"), row.Text("answer"));
                var answer = worked is null ? null : FinalAnswer(row, worked);
                if (row.IsGood) prompts.Add(new PromptItem(id!, Frame.Benign, kind, core, question!, answer, worked));
                continue;
            }

            var (options, right) = kind switch { "arc" => Arc(row), "piqa" => Piqa(row), _ => WinoGrande(row) };
            if (row.IsGood) choices.Add(new ChoiceItem(id!, Frame.Benign, kind, core, [.. options], right));
        }

        problems.ThrowIfAny();
        return new TaskSet(kind, [.. prompts], [.. choices]);
    }

    private static string[] KeysOf(string kind) => kind switch
    {
        "arc" => [.. s_foundry, "id", "question", "answerKey"],
        "piqa" => [.. s_foundry, "id", "goal", "sol1", "sol2", "label"],
        "winogrande" => ["context_options", "continuation", "gold", "category", "qID", "sentence", "option1", "option2", "answer"],
        _ => ["question", "answer"],
    };

    private static (ChoiceOption[] Options, int Right) Foundry(PublishedRow row)
    {
        var (query, choices) = (row.Text("query"), row.Texts("choices"));
        return (Asked(query?.TrimEnd(), choices), row.Index("gold", 0, choices.Length));
    }

    private static (ChoiceOption[] Options, int Right) Arc(PublishedRow row)
    {
        if (row.Has("query")) return Foundry(row);
        var (stem, labels, texts) = row.LabelledChoices();
        var key = row.Text("answerKey");
        var right = Array.IndexOf(labels, key);
        if (row.IsGood && right < 0) row.Problem(
            $"'answerKey' {ProblemList.Quote(key!)} is not among the labels {string.Join(", ", labels.Select(ProblemList.Quote))}.");
        return (Asked($"Question: {stem}", texts), right);
    }

    private static (ChoiceOption[] Options, int Right) Piqa(PublishedRow row)
    {
        if (row.Has("query")) return Foundry(row);
        if (!row.Has("label")) row.Problem("there is no 'label'. The labels are published in a file beside the questions (.lst); put each into its line.");
        string?[] choices = [row.Text("sol1"), row.Text("sol2")];
        var goal = row.Text("goal");
        return row.IsGood ? (Asked($"Question: {goal}", choices!), row.Index("label", 0, 2)) : ([], -1);
    }

    private static (ChoiceOption[] Options, int Right) WinoGrande(PublishedRow row)
    {
        if (row.Has("context_options"))
        {
            var (contexts, continuation) = (row.Texts("context_options"), row.Text("continuation"));
            return ([.. contexts.Select(c => new ChoiceOption(c, " " + continuation))], row.Index("gold", 0, contexts.Length));
        }

        var (sentence, answer) = (row.Text("sentence"), row.Text("answer"));
        string?[] options = [row.Text("option1"), row.Text("option2")];
        if (!row.IsGood) return ([], -1);
        if (sentence!.Split(Gap) is not [var before, var after] || after.Trim().Length == 0)
        {
            row.Problem($"'sentence' {ProblemList.Quote(sentence)} does not have one gap '{Gap}' with text after it.");
            return ([], -1);
        }

        if (answer is not ("1" or "2")) row.Problem($"'answer' is {ProblemList.Quote(answer!)}; expected 1 or 2.");
        return ([.. options.Select(o => new ChoiceOption(before + o, " " + after.Trim()))], answer == "1" ? 0 : 1);
    }

    private static ChoiceOption[] Asked(string? question, string[] choices) => [.. choices.Select(c => new ChoiceOption($"{question}\nAnswer:", " " + c))];

    private static string? FinalAnswer(PublishedRow row, string worked)
    {
        var at = worked.LastIndexOf(AnswerMark, StringComparison.Ordinal);
        var answer = at < 0 ? "" : worked[(at + AnswerMark.Length)..].Trim().Replace(",", "", StringComparison.Ordinal);
        if (decimal.TryParse(answer, System.Globalization.NumberStyles.AllowLeadingSign | System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture, out _)) return answer;
        row.Problem(at < 0 ? $"'answer' has no '{AnswerMark}', after which the final number is expected."
            : $"after '{AnswerMark}' stands {ProblemList.Quote(answer)}; expected a number.");
        return null;
    }
}
