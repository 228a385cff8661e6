namespace Assay.Evaluation.Contexts;

/// <summary>One disjoint window of a document.</summary>
/// <param name="Start">Index of its first id in the document, whose ids are counted without BOS.</param>
/// <param name="Length">How many of the document's ids.</param>
/// <param name="OpensWithBos">Whether BOS stands before them; then all are scored, otherwise the first is context only.</param>
public readonly record struct ScoreWindow(int Start, int Length, bool OpensWithBos)
{
    /// <summary>Ids forwarded.</summary>
    public int Forwarded => OpensWithBos ? Length + 1 : Length;

    /// <summary>Ids scored.</summary>
    public int Scored => OpensWithBos ? Length : Length - 1;
}

/// <summary>Disjoint windows: each id of the document is in exactly one, and no window knows the one before it.</summary>
/// <remarks>What <c>assay score</c> prints; M7 overlaps its windows instead (<see cref="ProseWindows"/>).</remarks>
public static class ScoreWindows
{
    /// <summary>The windows of one document, in order.</summary>
    /// <param name="idCount">The document's ids, without BOS.</param>
    /// <param name="context">Ids forwarded at once, BOS included; at least 2.</param>
    /// <param name="addsBos">Whether the tokenizer opens a text with BOS.</param>
    public static IReadOnlyList<ScoreWindow> Plan(int idCount, int context, bool addsBos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(idCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        var step = addsBos ? context - 1 : context;
        var windows = new List<ScoreWindow>();
        for (long start = 0; start < idCount; start += step) windows.Add(new ScoreWindow((int)start, (int)Math.Min(step, idCount - start), addsBos));
        return windows;
    }
}
