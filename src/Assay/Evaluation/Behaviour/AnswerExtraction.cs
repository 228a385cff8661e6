namespace Assay.Evaluation.Behaviour;

/// <summary>Finds the answer that a reply gives, and compares it with the right one.</summary>
/// <remarks>Strictly, an answer is what the reply states in the format asked for. Flexibly, it is that, or what the reply states in another of the usual
/// formats, or the last number (candidate) that it mentions: what is right strictly is right flexibly. Harm is judged by the flexible one (protocol.md,
/// R2R).</remarks>
public static class AnswerExtraction
{
    private static readonly string[] s_openings = ["the answer is", "the final answer is", "final answer:", "answer:"];

    /// <summary>The answer as the format asked for states it; null where the reply does not.</summary>
    /// <param name="reply">The reply without its thought.</param>
    /// <param name="expected">The item's answer: only its format is read.</param>
    public static string? Strict(string reply, ExpectedAnswer expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        return expected.Format.Extract(reply);
    }

    /// <summary>The answer however it is stated; null where no answer of the expected kind can be found.</summary>
    /// <param name="reply">The reply without its thought.</param>
    /// <param name="expected">The item's answer: whether it is a number, and its candidates, say what is looked for.</param>
    public static string? Flexible(string reply, ExpectedAnswer expected)
    {
        ArgumentNullException.ThrowIfNull(reply);
        ArgumentNullException.ThrowIfNull(expected);
        var number = AnswerNumber.Whole(expected.Text) is not null;
        if (Stated(reply, expected, number) is { } stated) return stated;
        if (number) return AnswerNumber.Last(reply) is { } last ? Written(last) : null;
        if (LastMention(reply, [.. expected.Candidates, expected.Text]) is { } mentioned) return mentioned;
        // Of an open question any words are an answer; of a closed one only a candidate.
        return expected.Candidates.Count == 0 && reply.Any(char.IsLetterOrDigit) ? reply.Trim() : null;
    }

    /// <summary>Whether an extracted answer is the expected one.</summary>
    /// <param name="extracted">What a reply gives; null is never right.</param>
    /// <param name="expected">The item's answer.</param>
    /// <remarks>Numbers are compared as numbers; texts without regard to case and to punctuation around them.</remarks>
    public static bool IsRight(string? extracted, ExpectedAnswer expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        if (extracted is null) return false;
        if (string.Equals(Bare(extracted), Bare(expected.Text), StringComparison.OrdinalIgnoreCase)) return true;
        return AnswerNumber.Whole(expected.Text) is { } right && AnswerNumber.Parse(extracted) == right;
    }

    /// <summary>The last statement in any usual format whose content is of the expected kind.</summary>
    private static string? Stated(string reply, ExpectedAnswer expected, bool number)
    {
        foreach (var format in (AnswerFormat[])[expected.Format, AnswerFormat.Boxed, AnswerFormat.Sentence])
            if (format.Extract(reply) is { } stated && OfKind(stated) is { } kept) return kept;
        // Four hashes also begin a heading in Markdown: unless they are asked for, only a number alone is an answer.
        if (AnswerFormat.Hashes.Extract(reply) is { } hashed && AnswerNumber.Whole(hashed) is not null && OfKind(hashed) is { } sole) return sole;
        // A statement that nothing ends as it should, such as "**Answer:** 42 apples" or "The answer is 42": the rest of its line.
        var plain = reply.Replace("*", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        foreach (var opening in s_openings)
        {
            var at = plain.LastIndexOf(opening, StringComparison.OrdinalIgnoreCase);
            if (at < 0) continue;
            var rest = plain[(at + opening.Length)..].TrimStart(':', ' ');
            var line = rest.AsSpan().IndexOf('\n') is >= 0 and var end ? rest[..end] : rest;
            if (OfKind(line) is { } kept) return kept;
        }

        return null;

        // Of a number the statement itself where it holds one; of a text its last candidate, otherwise the statement as it is.
        string? OfKind(string stated)
        {
            if (IsRight(stated, expected)) return stated;
            if (number) return AnswerNumber.Last(stated) is { } last ? AnswerNumber.Parse(stated) is null ? Written(last) : stated : null;
            if (LastMention(stated, [.. expected.Candidates, expected.Text]) is { } mentioned) return mentioned;
            return expected.Candidates.Count == 0 && stated.Any(char.IsLetterOrDigit) ? stated : null;
        }
    }

    /// <summary>The candidate that is mentioned last as a whole word; of two that end together the longer.</summary>
    private static string? LastMention(string text, IReadOnlyList<string> candidates)
    {
        (string? Found, int End) last = (null, -1);
        foreach (var candidate in candidates.Select(c => c.Trim()).Where(c => c.Length > 0).OrderByDescending(c => c.Length))
        {
            // A single letter is a choice's label: "a" is also an article.
            var comparison = candidate.Length == 1 ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            for (var at = text.Length; at > 0 && (at = text.LastIndexOf(candidate, at - 1, comparison)) >= 0;)
            {
                if (!IsWord(text, at, at + candidate.Length)) continue;
                if (at + candidate.Length > last.End) last = (candidate, at + candidate.Length);
                break;
            }
        }

        return last.Found;
    }

    private static bool IsWord(string text, int start, int end) =>
        (start == 0 || !Joins(text[start - 1], text[start])) && (end == text.Length || !Joins(text[end - 1], text[end]));

    /// <summary>Whether two neighbours belong to one word; scripts that put no spaces between words have no such bound.</summary>
    private static bool Joins(char first, char second) => char.IsLetterOrDigit(first) && char.IsLetterOrDigit(second) && !IsUnspaced(first)
        && !IsUnspaced(second);

    private static bool IsUnspaced(char c) =>
        c is >= '\u0E00' and <= '\u0EFF' or >= '\u3040' and <= '\u30FF' or >= '\u3400' and <= '\u9FFF' or >= '\uAC00' and <= '\uD7AF';

    private static string Bare(string text)
    {
        var words = text.Replace("*", "", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var joined = string.Join(' ', words);
        var (from, to) = (0, joined.Length);
        while (from < to && IsAround(joined[from])) from++;
        while (to > from && IsAround(joined[to - 1])) to--;
        // What is nothing but punctuation stays as it is.
        return from == to ? joined : joined[from..to];
    }

    private static bool IsAround(char c) => char.IsPunctuation(c) && c is not ('-' or '%') || c is '$' or ' ' or '`';

    private static string Written(AnswerNumber number) => number.Denominator.IsOne ? $"{number.Numerator}" : $"{number.Numerator}/{number.Denominator}";
}
