namespace Assay.Evaluation.Behaviour;

/// <summary>The right answer of an item, and how it is to be found in a reply.</summary>
/// <param name="Text">The answer: a number in digits or words, or a text. It is never read as a pattern.</param>
public sealed record ExpectedAnswer(string Text)
{
    /// <summary>All texts that could be the answer, such as the names that the question mentions; none where it is open.</summary>
    /// <remarks>Without them the mention of a text answer anywhere in the reply counts as the answer.</remarks>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>How the prompt asks for the answer to be stated.</summary>
    public AnswerFormat Format { get; init; } = AnswerFormat.Sentence;
}
