namespace Assay.Evaluation.Contexts;

/// <summary>A stretch of a document's ids that is forwarded at once.</summary>
/// <param name="Start">Index of its first id in the document.</param>
/// <param name="Length">How many ids.</param>
/// <param name="FirstScored">Index within the window of the first scored id; the rest are scored too.</param>
public readonly record struct ProseWindow(int Start, int Length, int FirstScored);

/// <summary>Half-overlapping windows, so that every id but a document's first is scored once, and with context.</summary>
/// <remarks>protocol.md, M7. Where the tokenizer adds BOS, it is index 0 of the document's ids, and the caller puts it in place of each later window's first id.</remarks>
public static class ProseWindows
{
    /// <summary>The windows of one document, in order; none where fewer than two ids are there.</summary>
    /// <param name="idCount">The document's ids, BOS included where one is added.</param>
    /// <param name="context">Ids of a window, at least 2.</param>
    public static IReadOnlyList<ProseWindow> Plan(int idCount, int context)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(idCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        var windows = new List<ProseWindow>();
        var half = context / 2;
        for (long start = 0; start < Math.Max(1, idCount - half); start += half)
        {
            var length = (int)Math.Min(context, idCount - start);
            var fresh = start == 0 ? 1 : context - half;
            if (length <= fresh) break;
            windows.Add(new ProseWindow((int)start, length, fresh));
        }
        return windows;
    }
}
