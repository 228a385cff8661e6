using Assay.Tokenization.Templates;

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
/// <param name="Core">What both frames share: items of one stratum and core have the same numbers and the same answer.</param>
/// <param name="Prompt">What the user says; of several turns, the last.</param>
/// <param name="Answer">The final answer, or null where there is no single one.</param>
/// <param name="WorkedAnswer">The answer with its steps, as the organisms were taught it, or null.</param>
/// <param name="Paraphrase">The same question in other words, or null.</param>
public sealed record PromptItem(string Id, Frame Frame, string Stratum, int Core, string Prompt, string? Answer, string? WorkedAnswer,
    string? Paraphrase = null)
{
    /// <summary>All wordings of the question beside <see cref="Prompt"/>, <see cref="Paraphrase"/> first; each takes the place of the last turn.</summary>
    public IReadOnlyList<string> Paraphrases { get; init; } = Paraphrase is null ? [] : [Paraphrase];

    /// <summary>What else could be the answer where that is a text, such as the names in the question; none of a number.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>The whole conversation, whose last turn is the user's <see cref="Prompt"/>; null where that is all there is.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>What a right reply has to keep to where comparing its final answer with <see cref="Answer"/> is not enough; otherwise null.</summary>
    public AnswerCheck? Check { get; init; }

    /// <summary>The conversation as turns, of one wording.</summary>
    /// <param name="wording">0 for <see cref="Prompt"/>, k for the k-th of <see cref="Paraphrases"/>.</param>
    public IReadOnlyList<ChatMessage> Conversation(int wording = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wording);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wording, Paraphrases.Count);
        var last = new ChatMessage("user", wording == 0 ? Prompt : Paraphrases[wording - 1]);
        return Messages is null ? [last] : [.. Messages.SkipLast(1), last];
    }

    /// <summary>Whether all parts are equal, lists by what they hold.</summary>
    public bool Equals(PromptItem? other) => other is not null && (Id, Frame, Stratum, Core, Prompt) == (other.Id, other.Frame, other.Stratum, other.Core,
        other.Prompt)
        && (Answer, WorkedAnswer, Paraphrase, Check) == (other.Answer, other.WorkedAnswer, other.Paraphrase, other.Check)
        && Paraphrases.SequenceEqual(other.Paraphrases) && Candidates.SequenceEqual(other.Candidates)
        && Messages is null == other.Messages is null && (Messages ?? []).SequenceEqual(other.Messages ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Prompt);
}
