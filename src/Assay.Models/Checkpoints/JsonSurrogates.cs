using System.Globalization;
using System.Text;

namespace Assay.Checkpoints;

/// <summary>Finds strings of JSON that are no text: <c>"\ud800"</c> is valid JSON, and no UTF-16 reader can give it out.</summary>
/// <remarks>Every JSON file is looked through once before it is parsed, so that no reader has to expect the exception wherever it asks for a string.</remarks>
internal static class JsonSurrogates
{
    /// <summary>Refuses JSON with half of a surrogate pair, written as an escape or as it is.</summary>
    /// <param name="json">JSON, valid or not.</param>
    /// <param name="source">Name of its file, for the message.</param>
    /// <exception cref="InvalidInputException">Naming the place.</exception>
    public static void Refuse(ReadOnlySpan<char> json, string source)
    {
        for (var at = 0; ;)
        {
            var found = json[at..].IndexOf('\\');
            if (found < 0) break;
            at += found;
            var unit = Unit(json, at);
            if (unit < 0)
            {
                at += 2;
                if (at >= json.Length) break;
                continue;
            }
            if (char.IsSurrogate((char)unit))
            {
                if (!char.IsHighSurrogate((char)unit) || Unit(json, at + 6) is not (>= 0xDC00 and <= 0xDFFF)) throw Refusal(source, at, unit);
                at += 6;
            }
            at += 6;
        }
        for (var at = json.IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < json.Length; at++)
        {
            if (!char.IsSurrogate(json[at])) continue;
            if (!char.IsHighSurrogate(json[at]) || at + 1 >= json.Length || !char.IsLowSurrogate(json[at + 1])) throw Refusal(source, at, json[at]);
            at++;
        }
    }

    /// <summary>The same of UTF-8, which cannot hold one as it is.</summary>
    /// <inheritdoc cref="Refuse(ReadOnlySpan{char}, string)"/>
    public static void Refuse(ReadOnlySpan<byte> json, string source)
    {
        // Only the few bytes from an escape of a surrogate on are looked at as text.
        Span<char> text = stackalloc char[12];
        for (var at = 0; ;)
        {
            var found = json[at..].IndexOf((byte)'\\');
            if (found < 0) return;
            at += found;
            text.Clear();
            var length = Encoding.Latin1.GetChars(json.Slice(at, Math.Min(text.Length, json.Length - at)), text);
            var unit = Unit(text[..length], 0);
            if (unit >= 0 && char.IsSurrogate((char)unit))
            {
                if (!char.IsHighSurrogate((char)unit) || Unit(text[..length], 6) is not (>= 0xDC00 and <= 0xDFFF)) throw Refusal(source, at, unit);
                at += 12;
            }
            else at += unit >= 0 ? 6 : 2;
            if (at >= json.Length) return;
        }
    }

    // The unit that an escape at a place spells; -1 where there is none.
    private static int Unit(ReadOnlySpan<char> json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && int.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? unit : -1;

    private static InvalidInputException Refusal(string source, int at, int unit) =>
        new(string.Create(CultureInfo.InvariantCulture,
            $"{source}: not valid JSON: a string holds half of a surrogate pair, \\u{unit:x4}, at {at}, which is no text. Fetch the file again."));
}
