using System.Collections.Immutable;

namespace Assay.Evaluation.Contexts;

/// <summary>Token ids of which the last ones are scored.</summary>
/// <param name="Sample">Which sample of the item, or which window of the document.</param>
/// <param name="Ids">Context and scored tokens.</param>
/// <param name="FirstScored">Index of the first scored token, at least 1.</param>
/// <param name="AnswerFrom">Index of the first token behind the thought; <paramref name="FirstScored"/> where there is none.</param>
/// <param name="Stopped">Whether the writer ended it by itself.</param>
public sealed record Context(int Sample, ImmutableArray<int> Ids, int FirstScored, int AnswerFrom, bool Stopped)
{
    /// <summary>What the candidate reads before the first scored token, where that is not what the base reads; empty where it is.</summary>
    public ImmutableArray<int> OwnPrompt { get; init; } = [];

    /// <summary>Tokens that are scored.</summary>
    public int Scored => Math.Max(0, Ids.Length - FirstScored);
}
