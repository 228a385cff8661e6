using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Assay.Tokenization;

/// <summary>Walks the long lists of a tokenizer.json in their usual form, plain strings and small whole numbers, several times as fast as a JSON reader that has just been started.</summary>
/// <remarks>Whatever is not of that form, right or wrong, makes a step return false; a JSON reader then reads the list anew and says what it is.</remarks>
/// <param name="text">UTF-8.</param>
/// <param name="begin">Where to begin.</param>
internal ref struct ListScanner(ReadOnlySpan<byte> text, int begin)
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>The next byte's place.</summary>
    public int At { get; private set; } = begin;

    /// <summary>Goes past white space and one punctuation mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Take(byte mark)
    {
        var at = At;
        while ((uint)at < (uint)_text.Length)
        {
            var c = _text[at++];
            if (c == mark)
            {
                At = at;
                return true;
            }
            if (c is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')) return false;
        }
        return false;
    }

    /// <summary>Goes past a string.</summary>
    /// <param name="start">Its first byte, after the quotation mark.</param>
    /// <param name="length">Its length, as it is spelt.</param>
    /// <param name="escaped">Whether it has escapes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TakeString(out int start, out int length, out bool escaped)
    {
        (start, length, escaped) = (0, 0, false);
        if (!Take((byte)'"')) return false;
        start = At;
        for (var at = At; (uint)at < (uint)_text.Length; at++)
        {
            var c = _text[at];
            if (c >= 0x20 && c is not ((byte)'"' or (byte)'\\')) continue;
            if (c == '"')
            {
                length = at - start;
                At = at + 1;
                return true;
            }
            if (c != '\\') return false;
            escaped = true;
            at++;
        }
        return false;
    }

    /// <summary>Goes past a whole number of 0 or more and at most nine digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TakeNumber(out int value)
    {
        value = 0;
        var at = At;
        while ((uint)at < (uint)_text.Length && _text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        var first = at;
        for (; (uint)at < (uint)_text.Length && _text[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            if (at - first == 9) return false;
            value = value * 10 + _text[at] - '0';
        }
        // No digit, a leading zero, or a number that goes on.
        if (at == first || (_text[first] == '0' && at > first + 1) || (uint)at >= (uint)_text.Length || _text[at] is not ((byte)',' or (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')) return false;
        At = at;
        return true;
    }

    /// <summary>The text of a string with escapes, which stands at a place.</summary>
    /// <exception cref="JsonException">An escape is malformed.</exception>
    /// <exception cref="InvalidOperationException">It is no valid Unicode.</exception>
    public readonly byte[] Unescape(int start, int length)
    {
        var reader = new Utf8JsonReader(_text.Slice(start - 1, length + 2));
        reader.Read();
        return System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
    }
}
