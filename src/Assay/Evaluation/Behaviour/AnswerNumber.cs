using System.Numerics;

namespace Assay.Evaluation.Behaviour;

/// <summary>A number that an answer states, kept exactly as a fraction: 1,000 and 1000.0 and "a thousand" differ in nothing.</summary>
/// <param name="Numerator">Coprime to the denominator; carries the sign.</param>
/// <param name="Denominator">Above 0.</param>
internal readonly record struct AnswerNumber(BigInteger Numerator, BigInteger Denominator)
{
    /// <summary>Digits of the longest number that is read, and its largest power of ten: what is longer is no number.</summary>
    public const int MostDigits = 200;

    /// <summary>The number that a text is, beside a currency, a percent sign or a unit: null where it holds none or several.</summary>
    /// <param name="text">Such as "1,000", "$12.50", "12 apples" or "twenty-one".</param>
    public static AnswerNumber? Parse(string text) => All(text) is [var one] ? one.Number : null;

    /// <summary>The number that a text is and nothing else: null also where words stand beside it.</summary>
    /// <param name="text">Such as "1,000", "$12.50" or "twenty-one", not "12 apples".</param>
    public static AnswerNumber? Whole(string text) =>
        All(text) is [var one] && !Clean(text)[..one.Start].Any(IsOther) && !Clean(text)[one.End..].Any(IsOther) ? one.Number : null;

    /// <summary>The last number in a text: of digits where there are any, otherwise of words; null for none.</summary>
    /// <param name="text">Any text.</param>
    public static AnswerNumber? Last(string text) => All(text) is [.., var last] ? last.Number : null;

    /// <summary>All numbers in a text: of digits where there are any, otherwise of words.</summary>
    /// <param name="text">Any text.</param>
    public static IEnumerable<AnswerNumber> Every(string text) => All(text).Select(n => n.Number);

    private static bool IsOther(char c) => char.IsLetterOrDigit(c);

    private static List<(AnswerNumber Number, int Start, int End)> All(string text)
    {
        var clean = Clean(text);
        // Words such as "one" are also pronouns: they count only where no digits stand.
        return Digits(clean) is { Count: > 0 } digits ? digits : NumberWords.All(clean);
    }

    /// <summary>The text without what may stand within a number: marks of emphasis, LaTeX spacing, wide digits.</summary>
    private static string Clean(string text)
    {
        var plain = text.Replace("{,}", ",", StringComparison.Ordinal).Replace("\\,", "", StringComparison.Ordinal)
            .Replace("\\!", "", StringComparison.Ordinal);
        return string.Concat(plain.Select(c => c switch
        {
            >= '\uFF10' and <= '\uFF19' => (char)(c - '\uFF10' + '0'),
            '\u2212' => '-',
            '*' or '_' or '`' => ' ',
            _ => c,
        }));
    }

    private static List<(AnswerNumber Number, int Start, int End)> Digits(string text)
    {
        var found = new List<(AnswerNumber Number, int Start, int End)>();
        for (var i = 0; i < text.Length;)
        {
            var point = text[i] == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);
            if (!char.IsAsciiDigit(text[i]) && !point)
            {
                i++;
                continue;
            }

            var start = i;
            var (number, end) = Read(text, i);
            i = end;
            // x2 and v1.5 are names, no numbers.
            if (start > 0 && char.IsAsciiLetter(text[start - 1])) continue;
            if (number is not { } read) continue;
            if (Negative(text, start)) read = read with { Numerator = -read.Numerator };
            found.Add((read, start, end));
        }

        return found;
    }

    /// <summary>Whether a minus stands before a number, also before its currency: not the dash of a range or of a difference.</summary>
    private static bool Negative(string text, int start)
    {
        var at = start - 1;
        if (at >= 0 && IsCurrency(text[at])) at--;
        if (at < 0 || text[at] != '-') return false;
        return at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is ')' or '-' or '%');
    }

    private static bool IsCurrency(char c) => char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.CurrencySymbol;

    private static (AnswerNumber? Number, int End) Read(string text, int start)
    {
        var (at, digits, scale) = (Grouped(text, start), "", 0);
        if (at > start) digits = string.Concat(text[start..at].Where(char.IsAsciiDigit));
        else
        {
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            digits = text[start..at];
        }

        if (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit(text[at + 1]))
        {
            var from = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            (digits, scale) = (digits + text[from..at], at - from);
        }

        var power = 0;
        if (at < text.Length && text[at] is 'e' or 'E' && Exponent(text, at + 1) is { } exponent) (power, at) = exponent;
        if (digits.Length > MostDigits || Math.Abs(power) > MostDigits) return (null, at);
        var number = Of(BigInteger.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) * BigInteger.Pow(10, Math.Max(power, 0)),
            BigInteger.Pow(10, scale + Math.Max(-power, 0)));
        // A fraction of whole numbers; 3/4/2020 is a date.
        if (scale == 0 && power == 0 && at + 1 < text.Length && text[at] == '/' && char.IsAsciiDigit(text[at + 1]) && (start == 0 || text[start - 1] != '/'))
        {
            var end = at + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            var more = end < text.Length && (text[end] == '/' || text[end] == '.' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]));
            if (!more && end - at - 1 <= MostDigits && BigInteger.Parse(text[(at + 1)..end], System.Globalization.CultureInfo.InvariantCulture) is var below
                && below > 0)
                return (Of(number.Numerator, below), end);
        }

        return (number, at);
    }

    /// <summary>The end of a number whose thousands are apart, such as 1,000 or 1'000; its start where they are not.</summary>
    private static int Grouped(string text, int start)
    {
        var at = start;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at])) at++;
        if (at == start || at >= text.Length || text[at] is not (',' or '\'' or '\u2019' or '\u00A0' or '\u202F' or '\u2009')) return start;
        var (mark, end) = (text[at], start);
        while (at < text.Length && text[at] == mark && at + 3 < text.Length && text.AsSpan(at + 1, 3) is var three && !three.ContainsAnyExceptInRange('0', '9')
            && !(at + 4 < text.Length && char.IsAsciiDigit(text[at + 4]))) end = at += 4;
        return end;
    }

    private static (int Power, int End)? Exponent(string text, int at)
    {
        var from = at;
        if (at < text.Length && text[at] is '+' or '-') at++;
        var first = at;
        while (at < text.Length && at - first < 4 && char.IsAsciiDigit(text[at])) at++;
        if (at == first || at < text.Length && char.IsLetterOrDigit(text[at])) return null;
        return (int.Parse(text[from..at], System.Globalization.CultureInfo.InvariantCulture), at);
    }

    internal static AnswerNumber Of(BigInteger numerator, BigInteger denominator)
    {
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        return new AnswerNumber(numerator / divisor, denominator / divisor);
    }
}
