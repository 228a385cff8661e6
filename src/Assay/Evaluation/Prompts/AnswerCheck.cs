using System.Collections.Immutable;

namespace Assay.Evaluation.Prompts;

/// <summary>Decides of a whole reply whether it keeps to what was asked. Texts are compared as they are: none is a pattern.</summary>
public abstract record AnswerCheck
{
    private const string Marks = ".!?,;:\"'*_`()[]’”“‘«»。！？";

    /// <summary>What is asked, in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether the reply keeps to it. A thought does not belong to the reply.</summary>
    /// <param name="reply">The reply's text, without template tokens.</param>
    public abstract bool Holds(string reply);

    /// <summary>The reply's words without punctuation around them; a dash alone is none.</summary>
    private protected static string[] WordsOf(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return [.. reply.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Bare).Where(w => w.Any(char.IsLetterOrDigit))];
    }

    /// <summary>A text without white space and punctuation at both ends.</summary>
    private protected static string Bare(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var span = text.AsSpan();
        while (span.Length > 0 && (char.IsWhiteSpace(span[0]) || Marks.Contains(span[0], StringComparison.Ordinal))) span = span[1..];
        while (span.Length > 0 && (char.IsWhiteSpace(span[^1]) || Marks.Contains(span[^1], StringComparison.Ordinal))) span = span[..^1];
        return span.ToString();
    }
}

/// <summary>The reply is the answer and nothing else, but for case, white space and punctuation around it.</summary>
/// <param name="Answer">The answer.</param>
public sealed record ExactAnswer(string Answer) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => "is the answer alone";

    /// <inheritdoc/>
    public override bool Holds(string reply) => string.Equals(Bare(reply), Bare(Answer), StringComparison.OrdinalIgnoreCase);
}

/// <summary>The reply names one of several choices: by its letter or by its text, as the whole reply but for punctuation around it.</summary>
/// <param name="Choices">Their texts; the letters are A, B, C, …</param>
/// <param name="Right">Index of the right one.</param>
public sealed record ChoiceAnswer(ImmutableArray<string> Choices, int Right) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => "names the right choice";

    /// <inheritdoc/>
    public override bool Holds(string reply)
    {
        var said = Bare(reply);
        // The whole text comes first: a choice may itself be a letter.
        for (var i = 0; i < Choices.Length; i++)
            if (string.Equals(said, Bare(Choices[i]), StringComparison.OrdinalIgnoreCase)) return i == Right;
        var letter = ((char)('A' + Right)).ToString();
        if (said == letter) return true;
        // "B. Paris", "B) Paris": letter and text have to agree.
        return said.Length > 1 && said[0] == letter[0] && !char.IsLetterOrDigit(said[1])
            && string.Equals(Bare(said[1..]), Bare(Choices[Right]), StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public bool Equals(ChoiceAnswer? other) => other is not null && Right == other.Right && Choices.SequenceEqual(other.Choices);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Right, Choices.Length);
}

/// <summary>The reply holds the answer somewhere, as whole words and in any case.</summary>
/// <param name="Answer">The answer.</param>
public sealed record ContainsAnswer(string Answer) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => "holds the answer";

    /// <inheritdoc/>
    public override bool Holds(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        for (var at = 0; (at = reply.IndexOf(Answer, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            var end = at + Answer.Length;
            if ((at == 0 || !char.IsLetterOrDigit(reply[at - 1])) && (end == reply.Length || !char.IsLetterOrDigit(reply[end]))) return true;
        }

        return false;
    }
}

/// <summary>The reply's last word is this one, in any case; punctuation may follow.</summary>
/// <param name="Word">The word.</param>
public sealed record EndsWithWord(string Word) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => $"ends with the word {Word}";

    /// <inheritdoc/>
    public override bool Holds(string reply) => WordsOf(reply) is [.., var last] && string.Equals(last, Word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The reply's first word is this one, in any case.</summary>
/// <param name="Word">The word.</param>
public sealed record BeginsWithWord(string Word) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => $"begins with the word {Word}";

    /// <inheritdoc/>
    public override bool Holds(string reply) => WordsOf(reply) is [var first, ..] && string.Equals(first, Word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The reply has letters, and all that have a case are capitals.</summary>
public sealed record UpperCase : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => "is in capital letters";

    /// <inheritdoc/>
    public override bool Holds(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return reply.Any(char.IsUpper) && !reply.Any(char.IsLower);
    }
}

/// <summary>The reply has letters, and none is a capital.</summary>
public sealed record LowerCase : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => "is in small letters";

    /// <inheritdoc/>
    public override bool Holds(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return reply.Any(char.IsLower) && !reply.Any(char.IsUpper);
    }
}

/// <summary>The reply has at least one word and no more than a number of them.</summary>
/// <param name="Most">How many at most; words stand between white space.</param>
public sealed record AtMostWords(int Most) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => $"has at most {Most} words";

    /// <inheritdoc/>
    public override bool Holds(string reply) => WordsOf(reply).Length is >= 1 and var words && words <= Most;
}

/// <summary>Every one of several checks holds.</summary>
/// <param name="Checks">The checks.</param>
public sealed record EveryCheck(ImmutableArray<AnswerCheck> Checks) : AnswerCheck
{
    /// <inheritdoc/>
    public override string Summary => string.Join("; ", Checks.Select(c => c.Summary));

    /// <inheritdoc/>
    public override bool Holds(string reply) => Checks.All(c => c.Holds(reply));

    /// <inheritdoc/>
    public bool Equals(EveryCheck? other) => other is not null && Checks.SequenceEqual(other.Checks);

    /// <inheritdoc/>
    public override int GetHashCode() => Checks.Length;
}
