using System.Buffers;
using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Templates;

/// <summary>Strings as Python has them: sequences of code points, with its notions of white space, case and lines.</summary>
internal static class PythonText
{
    /// <summary>A text by its code points; without surrogates they are its characters.</summary>
    public sealed class Points(string text)
    {
        private readonly List<int>? offsets = HasSurrogates(text) ? Offsets(text) : null;

        public int Count => offsets is null ? text.Length : offsets.Count - 1;

        public string Range(int from, int to) => offsets is null ? text[from..to] : text[offsets[from]..offsets[to]];
    }

    private const string SpaceCharacters = "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

    /// <summary>What <c>str.isspace</c> holds for.</summary>
    public static SearchValues<char> Spaces { get; } = SearchValues.Create(SpaceCharacters);

    public static bool IsSpace(char c) => Spaces.Contains(c);

    public static string TrimEnd(string text) => Strip(text, null, start: false, end: true);

    /// <summary><c>str.strip</c> and its two halves; null strips white space.</summary>
    public static string Strip(string text, string? characters, bool start, bool end)
    {
        if (characters is not null && HasSurrogates(characters)) throw TemplateFault.Unsupported("Stripping characters beyond U+FFFF");
        var set = characters ?? SpaceCharacters;
        var from = 0;
        var to = text.Length;
        while (start && from < to && set.Contains(text[from])) from++;
        while (end && to > from && set.Contains(text[to - 1])) to--;
        return text[from..to];
    }

    public static bool HasSurrogates(string text) => text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0;

    public static int Length(string text) => HasSurrogates(text) ? Offsets(text).Count - 1 : text.Length;

    /// <summary>The text's code points, each as a string.</summary>
    public static IReadOnlyList<string> CodePoints(string text)
    {
        var offsets = Offsets(text);
        var points = new string[offsets.Count - 1];
        for (var i = 0; i < points.Length; i++) points[i] = text[offsets[i]..offsets[i + 1]];
        return points;
    }

    /// <summary>Where each code point starts, and the text's length behind them. A lone surrogate counts as one.</summary>
    private static List<int> Offsets(string text)
    {
        var offsets = new List<int>(text.Length + 1);
        for (var i = 0; i < text.Length; i++)
        {
            offsets.Add(i);
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
        }

        offsets.Add(text.Length);
        return offsets;
    }

    /// <summary>Order by code points: surrogates come after U+E000 to U+FFFF.</summary>
    public static int Compare(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length) return a.Length.CompareTo(b.Length);
        char x = a[common], y = b[common];
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }

    public static string Upper(string text)
    {
        if (text.Any(ChangesLengthInUpperCase)) throw TemplateFault.Unsupported("Upper case of letters that become several");
        return text.ToUpperInvariant();
    }

    public static string Lower(string text)
    {
        if (text.AsSpan().IndexOfAny('\u0130', '\u03a3') >= 0) throw TemplateFault.Unsupported("Lower case of letters that depend on their place");
        return text.ToLowerInvariant();
    }

    public static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        var first = CodePoints(text)[0];
        return Upper(first) + Lower(text[first.Length..]);
    }

    /// <summary><c>str.splitlines</c>.</summary>
    public static List<string> Lines(string text)
    {
        var lines = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\u001c' or '\u001d' or '\u001e' or '\u0085' or '\u2028' or '\u2029')) continue;
            lines.Add(text[start..i]);
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') i++;
            start = i + 1;
        }

        if (start < text.Length) lines.Add(text[start..]);
        return lines;
    }

    /// <summary><c>repr</c> of a string.</summary>
    public static string Repr(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == quote || rune.Value == '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (rune.Value == '\n') quoted.Append("\\n");
            else if (rune.Value == '\r') quoted.Append("\\r");
            else if (rune.Value == '\t') quoted.Append("\\t");
            else if (IsPrintable(rune)) quoted.Append(rune);
            else quoted.Append(rune.Value < 0x100 ? $"\\x{rune.Value:x2}" : rune.Value < 0x10000 ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
        }

        return quoted.Append(quote).ToString();
    }

    /// <summary><c>repr</c> of a float: the shortest digits that give it back, with an exponent below 1e-4 and from 1e16.</summary>
    public static string Repr(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var candidate = value.ToString("E" + precision, CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) != value) continue;
            scientific = candidate;
            break;
        }

        var mark = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific[(mark + 1)..], CultureInfo.InvariantCulture);
        var sign = scientific[0] == '-' ? "-" : "";
        var digits = scientific[sign.Length..mark].Replace(".", "", StringComparison.Ordinal);
        if (exponent is < -4 or >= 16) return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        digits = digits.PadRight(exponent + 2, '0');
        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static bool ChangesLengthInUpperCase(char c) => c is '\u00df' or '\u0149' or '\u01f0' or '\u0390' or '\u03b0' or '\u0587' or (>= '\u1e96' and <= '\u1e9a') or (>= '\u1f50' and <= '\u1ffc') or (>= '\ufb00' and <= '\ufb17');
}
