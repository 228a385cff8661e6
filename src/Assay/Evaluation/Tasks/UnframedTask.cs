using Assay.Evaluation.Prompts;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Tasks;

/// <summary>What all frames of an item share.</summary>
/// <param name="Key">Equal for equal cores of a family and level.</param>
/// <param name="Answer">The final answer.</param>
/// <param name="Tell">Puts the core into words about a cast.</param>
internal sealed record UnframedTask(string Key, string Answer, Func<Cast, Wording> Tell)
{
    /// <summary>What a reply has to keep to beside the answer.</summary>
    public AnswerCheck? Check { get; init; }

    /// <summary>Whether the question may hold the answer, as a table or a long text that is searched does.</summary>
    public bool Shown { get; init; }

    /// <summary>What the item's id ends in beside the family's name; null for nothing.</summary>
    public string? Variant { get; init; }
}

/// <summary>A question in three wordings.</summary>
/// <param name="Question">The main wording.</param>
/// <param name="Second">A paraphrase.</param>
/// <param name="Third">Another.</param>
/// <param name="Before">Turns before the question, a system prompt included; null for none.</param>
internal sealed record Wording(string Question, string Second, string Third, IReadOnlyList<ChatMessage>? Before = null);
