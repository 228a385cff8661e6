using System.Numerics;

namespace Assay.Evaluation.Behaviour;

/// <summary>English number words: zero to millions, such as "twenty-one" and "two hundred and five".</summary>
internal static class NumberWords
{
    private static readonly string[] s_small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
        "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] s_tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    /// <summary>The numbers in a text, with the places where their words begin and end.</summary>
    /// <param name="text">Any text.</param>
    public static List<(AnswerNumber Number, int Start, int End)> All(string text)
    {
        var found = new List<(AnswerNumber Number, int Start, int End)>();
        var words = Words(text);
        for (var i = 0; i < words.Count;)
        {
            var (value, next) = Read(words, i);
            if (next == i)
            {
                i++;
                continue;
            }

            var minus = i > 0 && words[i - 1].Word is "minus" or "negative" && Joined(text, words[i - 1], words[i]);
            found.Add((AnswerNumber.Of(minus ? -value : value, 1), words[minus ? i - 1 : i].Start, words[next - 1].End));
            i = next;
        }

        return found;

        (BigInteger Value, int Next) Read(List<(string Word, int Start, int End)> words, int from)
        {
            BigInteger total = 0;
            var (group, at, next, last) = (0, from, from, Kind.None);
            while (at < words.Count && (at == from || Joined(text, words[at - 1], words[at])))
            {
                var word = words[at].Word;
                // "a hundred" begins a number; "and" stands between hundreds and what follows.
                if (word == "a" && last == Kind.None && at + 1 < words.Count && words[at + 1].Word is "hundred" or "thousand" or "million") (group, last) =
                    (1, Kind.Unit);
                else if (word == "and" && last is Kind.Hundred or Kind.Scale && at + 1 < words.Count && KindOf(words[at + 1].Word) is Kind.Unit or Kind.Ten)
                {
                    at++;
                    continue;
                }
                else if (KindOf(word) is Kind.Unit && last is Kind.None or Kind.Hundred or Kind.Scale) (group, last) =
                    (group + Array.IndexOf(s_small, word), Kind.Unit);
                else if (KindOf(word) is Kind.Unit && last is Kind.Ten && Array.IndexOf(s_small, word) is > 0 and < 10 and var unit) (group, last) =
                    (group + unit, Kind.Unit);
                else if (KindOf(word) is Kind.Ten && last is Kind.None or Kind.Hundred or Kind.Scale) (group, last) =
                    (group + 10 * (Array.IndexOf(s_tens, word) + 2), Kind.Ten);
                else if (word == "hundred" && last == Kind.Unit && group is > 0 and < 20) (group, last) = (100 * group, Kind.Hundred);
                else if (word is "thousand" or "million" && group > 0)
                {
                    total += group * (BigInteger)(word == "thousand" ? 1_000 : 1_000_000);
                    (group, last) = (0, Kind.Scale);
                }
                else
                {
                    break;
                }

                next = ++at;
            }

            return (total + group, next);
        }
    }

    private enum Kind { None, Unit, Ten, Hundred, Scale }

    private static Kind KindOf(string word) => s_small.Contains(word) ? Kind.Unit : s_tens.Contains(word) ? Kind.Ten : Kind.None;

    /// <summary>Whether two words belong to one number: a space or a hyphen stands between them.</summary>
    private static bool Joined(string text, (string Word, int Start, int End) first, (string Word, int Start, int End) second) =>
        text.AsSpan(first.End, second.Start - first.End) is " " or "-" or "\u2011";

    private static List<(string Word, int Start, int End)> Words(string text)
    {
        var words = new List<(string Word, int Start, int End)>();
        for (var i = 0; i < text.Length;)
        {
            if (!char.IsLetter(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && char.IsLetter(text[i])) i++;
            words.Add((text[start..i].ToLowerInvariant(), start, i));
        }

        return words;
    }
}
