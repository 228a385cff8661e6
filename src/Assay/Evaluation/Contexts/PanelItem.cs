using System.Text;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Contexts;

/// <summary>What an item of a panel is before any model has read it: a prompt, or a document.</summary>
/// <param name="Item">Stable name within the panel.</param>
/// <param name="Stratum">Task or domain.</param>
/// <param name="Core">Number that the same question has in every frame.</param>
/// <param name="Text">What the user says, or the document.</param>
/// <param name="Paraphrase">The same question in other words; null where the generator has none.</param>
public sealed record PanelItem(string Item, string Stratum, int Core, string Text, string? Paraphrase = null)
{
    /// <summary>The right answer; null where there is no single one.</summary>
    public ExpectedAnswer? Answer { get; init; }

    /// <summary>The whole conversation, whose last turn is the user's <see cref="Text"/>; null where that is all there is.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>The choices; null where the question has none.</summary>
    public ChoiceItem? Choice { get; init; }

    /// <summary>What has to be computed, the same for questions with other names and the same numbers: whoever gets one of them wrong gets all of them wrong.
    /// Null where the question has no numbers.</summary>
    public string? Problem { get; init; }

    /// <summary>A prompt of a set of tasks: items of several sets stand in one panel.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="prompt">The prompt.</param>
    public static PanelItem Of(string set, PromptItem prompt) => Of(prompt) with { Item = $"{set}/{prompt?.Id}" };

    /// <summary>A question with choices, of a set of tasks.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="choice">The question.</param>
    public static PanelItem Of(string set, ChoiceItem choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return new PanelItem($"{set}/{choice.Id}", choice.Stratum, choice.Core, choice.Options[0].Context) { Choice = choice };
    }

    /// <summary>A prompt.</summary>
    public static PanelItem Of(PromptItem prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new PanelItem(prompt.Id, prompt.Stratum, prompt.Core, prompt.Prompt, prompt.Paraphrase)
        {
            Messages = prompt.Messages,
            Problem = ProblemOf(prompt),
            Answer = prompt.Answer is { } answer ? new ExpectedAnswer(answer) { Candidates = prompt.Candidates } : null,
        };
    }

    /// <summary>Family, numbers in their order, and the answer where that is a number too.</summary>
    private static string? ProblemOf(PromptItem prompt)
    {
        var said = prompt.Messages is null ? prompt.Prompt : string.Join('\n', prompt.Messages.Where(m => m.Role == "user").Select(m => m.Content));
        var numbers = AnswerContent.Numerals(said).ToList();
        var answer = prompt.Answer is not null && AnswerNumber.Whole(prompt.Answer) is not null ? prompt.Answer : "";
        return numbers.Count == 0 ? null : $"{prompt.Stratum} {string.Join(' ', numbers)} = {answer}";
    }

    /// <summary>A document.</summary>
    /// <param name="document">Which.</param>
    /// <param name="number">Its place among all documents.</param>
    public static PanelItem Of(ProseDocument document, int number)
    {
        ArgumentNullException.ThrowIfNull(document);
        return new PanelItem(document.Id, document.Domain, number, document.Text);
    }

    /// <summary>Bytes of the text in UTF-8.</summary>
    public long Bytes => Encoding.UTF8.GetByteCount(Text);
}
