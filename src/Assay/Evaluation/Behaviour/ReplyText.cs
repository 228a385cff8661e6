using System.Text;
using Assay.Evaluation.Contexts;
using Assay.Models;
using Assay.Tokenization;

namespace Assay.Evaluation.Behaviour;

/// <summary>What of a reply the user reads, and how it is read by rules.</summary>
public static class ReplyText
{
    /// <summary>The text of a reply's answer: its thought is cut off by token ids, since decoding may leave the marks of a thought out.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="marks">Between which tokens the model thinks; null where it has none.</param>
    /// <param name="prompt">Ids before the reply: a template may open the thought.</param>
    /// <param name="reply">The reply's ids.</param>
    public static string Answer(Tokenizer tokenizer, ThoughtMarks? marks, int[] prompt, ReadOnlySpan<int> reply)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return WithoutThought(tokenizer.Decode(reply[(marks?.Length(prompt, reply) ?? 0)..], skipSpecialTokens: true));
    }

    /// <summary>The same of a reply that a run keeps.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="marks">Between which tokens the model thinks; null where it has none.</param>
    /// <param name="reply">Prompt and reply.</param>
    internal static string Answer(Tokenizer tokenizer, ThoughtMarks? marks, Context reply) =>
        Answer(tokenizer, marks, [.. reply.Ids[..reply.FirstScored]], reply.Ids.AsSpan()[reply.FirstScored..]);

    /// <summary>A reply without its thoughts: without what stands between the marks of a thought, before a mark that only closes one, and behind one that is
    /// never closed.</summary>
    /// <param name="reply">The reply; marks are those of <see cref="ThoughtMarks.Spellings"/>.</param>
    /// <param name="thoughts">Further parts that the caller knows to be thought, as ranges of characters; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A range does not lie within the reply.</exception>
    public static string WithoutThought(string reply, IReadOnlyList<Range>? thoughts = null)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (thoughts is { Count: > 0 }) reply = Without(reply, thoughts);
        var answer = new StringBuilder();
        for (var at = 0; at < reply.Length;)
        {
            var (mark, length, end) = NextMark(reply, at);
            if (mark < 0) return answer.Append(reply, at, reply.Length - at).ToString();
            if (end is null)
            {
                answer.Clear();
                at = mark + length;
                continue;
            }

            answer.Append(reply, at, mark - at);
            var close = reply.IndexOf(end, mark + length, StringComparison.Ordinal);
            if (close < 0) break;
            at = close + end.Length;
        }

        return answer.ToString();
    }

    /// <summary>A text as the rules read it: lower case, one kind of apostrophe and of quotation mark, no marks of emphasis, single spaces.</summary>
    /// <param name="text">Any text.</param>
    internal static string Plain(ReadOnlySpan<char> text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var original in text)
        {
            var c = original switch
            {
                '\u2019' or '\u2018' or '\u02BC' or '\u00B4' or '\uFF07' or '`' => '\'',
                '\u201C' or '\u201D' or '\u201E' or '\u00AB' or '\u00BB' => '"',
                '\r' => '\n',
                '*' or '_' or '#' => '\0',
                _ when original != '\n' && char.IsWhiteSpace(original) => ' ',
                _ => char.ToLowerInvariant(original),
            };
            if (c == '\0' || c is ' ' or '\n' && (plain.Length == 0 || plain[^1] == '\n')) continue;
            if (c is ' ' or '\n' && plain[^1] == ' ') plain.Length--;
            plain.Append(c);
        }

        return plain.ToString().TrimEnd();
    }

    /// <summary>The first sentences of a plain text: they end at a line's end, or at a full stop, question or exclamation mark before white space.</summary>
    /// <param name="plain">See <see cref="Plain"/>.</param>
    /// <param name="most">How many are wanted.</param>
    internal static List<string> Sentences(string plain, int most)
    {
        var sentences = new List<string>();
        for (int i = 0, from = 0; i < plain.Length && sentences.Count < most; i++)
        {
            var last = i + 1 == plain.Length;
            if (!last && plain[i] != '\n' && !(plain[i] is '.' or '!' or '?' && plain[i + 1] is ' ' or '\n' or '"')) continue;
            var sentence = plain[from..(i + 1)].Trim();
            // A lone mark, or a list's number, is no sentence.
            if (sentence.AsSpan().ContainsAnyInRange('a', 'z') || sentence.Any(char.IsLetter)) sentences.Add(sentence);
            from = i + 1;
        }

        return sentences;
    }

    private static string Without(string reply, IReadOnlyList<Range> thoughts)
    {
        var thought = new bool[reply.Length];
        foreach (var range in thoughts)
        {
            var (start, length) = range.GetOffsetAndLength(reply.Length);
            thought.AsSpan(start, length).Fill(true);
        }

        return string.Concat(reply.Where((_, i) => !thought[i]));
    }

    /// <summary>The next mark at or after a place: −1 for none; the end mark that belongs to it, null where it is an end mark itself.</summary>
    private static (int At, int Length, string? End) NextMark(string reply, int from)
    {
        (int At, int Length, string? End) next = (-1, 0, null);
        foreach (var (start, end) in ThoughtMarks.Spellings)
        {
            Take(start, end);
            Take(end, null);
        }

        return next;

        void Take(string mark, string? end)
        {
            var at = reply.IndexOf(mark, from, StringComparison.Ordinal);
            if (at >= 0 && (next.At < 0 || at < next.At)) next = (at, mark.Length, end);
        }
    }
}
