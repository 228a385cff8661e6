namespace Assay.Evaluation.Behaviour;

/// <summary>The numbers and names that an answer mentions, and how far those of two answers are the same.</summary>
/// <remarks>As in factual-consistency measures that compare entities (Nan et al., Entity-level factual consistency of abstractive text summarization, 2021),
/// with names told by their capital letter instead of by a tagger.</remarks>
internal static class AnswerContent
{
    // Words that are capitalised where a sentence begins, and name nothing.
    private static readonly HashSet<string> s_others = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "the", "this", "that", "these", "those", "there", "here", "it", "its", "he", "she", "they", "we", "you", "his", "her", "their", "our",
        "your", "my", "who", "what", "which", "when", "where", "why", "how", "is", "are", "was", "were", "be", "do", "does", "did", "has", "have", "had", "can",
        "could", "will", "would", "shall", "should", "may", "might", "must", "if", "then", "so", "thus", "therefore", "hence", "first", "second", "third",
        "next", "finally", "now", "after", "before", "since", "because", "as", "at", "by", "for", "from", "in", "into", "of", "on", "to", "up", "with",
        "without", "and", "or", "but", "not", "no", "yes", "let", "each", "every", "all", "both", "some", "any", "one", "answer", "question", "step",
        "total", "given", "note", "sure", "okay", "however", "also", "again", "thanks", "please", "sorry",
    };

    /// <summary>The different numbers of a text, as exact fractions; those in words where no digits stand.</summary>
    public static HashSet<AnswerNumber> Numbers(string text) => [.. AnswerNumber.Every(text)];

    /// <summary>The different names of an answer: words of two letters or more that begin with a capital, are no function word, and stand in lower case
    /// neither in the answer nor in the question.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="question">What was asked.</param>
    public static HashSet<string> Names(string answer, string question)
    {
        var lower = Words(answer).Concat(Words(question)).Where(w => char.IsLower(w[0])).ToHashSet(StringComparer.Ordinal);
        return [.. Words(answer).Where(w => w.Length > 1 && char.IsUpper(w[0]) && !s_others.Contains(w) && !lower.Contains(w.ToLowerInvariant()))];
    }

    /// <summary>Where an answer mentions a number in digits, or a name, in order; nothing that the question has too, letter by letter.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="question">What was asked.</param>
    public static IEnumerable<(int Start, int End)> Mentions(string answer, string question)
    {
        var names = Names(answer, question);
        var asked = Words(question).Concat(Numerals(question)).ToHashSet(StringComparer.Ordinal);
        return NumeralPlaces(answer).Concat(WordPlaces(answer).Where(w => names.Contains(answer[w.Start..w.End])))
            .Where(m => !asked.Contains(answer[m.Start..m.End])).OrderBy(m => m.Start);
    }

    /// <summary>2 |A ∩ B| / (|A| + |B|), the F1 of either set as a retrieval of the other; null where both are empty.</summary>
    /// <remarks>Dice, Measures of the amount of ecologic association between species, 1945.</remarks>
    public static double? Overlap<T>(HashSet<T> first, HashSet<T> second) =>
        first.Count + second.Count == 0 ? null : 2.0 * first.Count(second.Contains) / (first.Count + second.Count);

    /// <summary>Runs of letters; hyphens between letters belong to them, and what stands behind an apostrophe does not.</summary>
    private static IEnumerable<string> Words(string text) => WordPlaces(text).Select(w => text[w.Start..w.End]);

    private static IEnumerable<(int Start, int End)> WordPlaces(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsLetter(text[at])) continue;
            var from = at;
            while (at < text.Length && (char.IsLetter(text[at]) || text[at] == '-' && at + 1 < text.Length && char.IsLetter(text[at + 1]))) at++;
            yield return (from, at);
            // The rest of "Ada's" and "don't".
            if (at + 1 < text.Length && text[at] is '\'' or '\u2019' && char.IsLetter(text[at + 1]))
                while (at + 1 < text.Length && char.IsLetter(text[at + 1])) at++;
        }
    }

    /// <summary>Runs of digits, with points and commas between them; none that belong to a word, such as x2.</summary>
    public static IEnumerable<string> Numerals(string text) => NumeralPlaces(text).Select(n => text[n.Start..n.End]);

    private static IEnumerable<(int Start, int End)> NumeralPlaces(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsAsciiDigit(text[at])) continue;
            var from = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or ',' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))) at++;
            if (from == 0 || !char.IsLetter(text[from - 1])) yield return (from, at);
        }
    }
}
