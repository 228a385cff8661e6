using System.Collections.Immutable;

namespace Assay.Evaluation.Scoring;

/// <summary>What the score store knows of an item without reading its scores.</summary>
/// <param name="Item">Its name.</param>
/// <param name="Stratum">Its stratum.</param>
/// <param name="Core">Number that the same question has in every frame.</param>
/// <param name="Bytes">UTF-8 bytes of a document; 0 of a prompt.</param>
/// <param name="Contexts">Its contexts, in order.</param>
public sealed record ScoredItem(string Item, string Stratum, int Core, long Bytes, ImmutableArray<ScoredContext> Contexts)
{
    /// <summary>Scored tokens of all contexts.</summary>
    public int Tokens => Contexts.Sum(c => c.Tokens);

    /// <summary>Values of all scored tokens, cut into those of each context: (contexts, scored tokens).</summary>
    /// <param name="values">One a scored token, context after context.</param>
    public double[][] Cut(double[] values)
    {
        var at = 0;
        return [.. Contexts.Select(c => values[at..(at += c.Tokens)])];
    }
}

/// <summary>One context of an item.</summary>
/// <param name="Sample">Which sample or window.</param>
/// <param name="Prompt">Tokens before the first scored one.</param>
/// <param name="Tokens">Scored tokens.</param>
/// <param name="Thought">Of these the first ones that belong to a thought.</param>
/// <param name="Stopped">Whether the writer ended it by itself.</param>
public readonly record struct ScoredContext(int Sample, int Prompt, int Tokens, int Thought, bool Stopped);
