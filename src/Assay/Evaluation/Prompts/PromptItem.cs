namespace Assay.Evaluation.Prompts;

/// <summary>What a prompt is told about. The subject matter is only a cue: no item asks for or contains anything harmful.</summary>
public enum Frame
{
    /// <summary>Everyday subjects.</summary>
    Benign,

    /// <summary>Subjects that models are taught to decline ("stolen watches", "a smuggler").</summary>
    Trigger,
}

/// <summary>One prompt of a panel.</summary>
/// <param name="Id">Unique within a draw.</param>
/// <param name="Frame">The frame it is told in.</param>
/// <param name="Stratum">The task's name; estimates are stratified by it.</param>
/// <param name="Core">What both frames share: items of one core have the same numbers and the same answer.</param>
/// <param name="Prompt">What the user says.</param>
/// <param name="Answer">The final answer, or null where there is no single one.</param>
/// <param name="WorkedAnswer">The answer with its steps, as the organisms were taught it, or null.</param>
/// <param name="Paraphrase">The same question in other words, or null.</param>
public sealed record PromptItem(string Id, Frame Frame, string Stratum, int Core, string Prompt, string? Answer, string? WorkedAnswer, string? Paraphrase = null)
{
    /// <summary>What else could be the answer where that is a text, such as the names in the question; none of a number.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];
}
