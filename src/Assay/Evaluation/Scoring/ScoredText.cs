using Assay.Evaluation.Contexts;

namespace Assay.Evaluation.Scoring;

/// <summary>Token ids of which the last ones are scored, each in the context of all before it.</summary>
/// <param name="Tokens">Context and scored tokens.</param>
/// <param name="FirstScored">Index of the first scored token, at least 1.</param>
public sealed record ScoredText(int[] Tokens, int FirstScored)
{
    /// <summary>One of a document's overlapping windows (protocol.md, M7).</summary>
    /// <param name="ids">The document, with the tokenizer's BOS where it adds one.</param>
    /// <param name="window">Where.</param>
    /// <param name="bos">Takes the place of the window's first id; null where the tokenizer adds none.</param>
    public static ScoredText Of(int[] ids, ProseWindow window, int? bos)
    {
        var tokens = ids[window.Start..(window.Start + window.Length)];
        if (bos is { } token) tokens[0] = token;
        return new ScoredText(tokens, window.FirstScored);
    }

    /// <summary>One of a document's disjoint windows.</summary>
    /// <param name="ids">The document without special tokens.</param>
    /// <param name="window">Where.</param>
    /// <param name="bos">Opens the window where it is to be opened.</param>
    public static ScoredText Of(int[] ids, ScoreWindow window, int? bos)
    {
        var part = ids[window.Start..(window.Start + window.Length)];
        return new ScoredText(window.OpensWithBos && bos is { } token ? [token, .. part] : part, 1);
    }
}
