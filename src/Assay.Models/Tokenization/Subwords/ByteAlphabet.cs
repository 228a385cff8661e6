using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Subwords;

/// <summary>The two ways in which tokens spell bytes: GPT-2's printable stand-ins (printable Latin-1 stands for itself, the rest for U+0100 upwards), and tokens such as &lt;0x0A&gt;.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] ToChar = Build();
    private static readonly short[] ToByte = Invert();

    /// <summary>The stand-in of a byte.</summary>
    public static char StandIn(byte value) => ToChar[value];

    /// <summary>The stand-ins of a text's UTF-8 bytes.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange('!', '~')) return text.ToString();
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = ToChar[source[i]];
        });
    }

    /// <summary>Appends the bytes a token stands for; a token with any other character stands for its own UTF-8.</summary>
    public static void Decode(string token, List<byte> into)
    {
        var start = into.Count;
        foreach (var c in token)
        {
            if (c < ToByte.Length && ToByte[c] >= 0)
            {
                into.Add((byte)ToByte[c]);
                continue;
            }
            into.RemoveRange(start, into.Count - start);
            into.AddRange(Encoding.UTF8.GetBytes(token));
            return;
        }
    }

    /// <summary>The ids of the 256 stand-ins; -1 where one is no token.</summary>
    public static int[] StandInIds(TokenVocabulary vocabulary)
    {
        var ids = new int[256];
        for (var b = 0; b < ids.Length; b++) ids[b] = vocabulary.Find(ToChar[b].ToString());
        return ids;
    }

    /// <summary>The ids of &lt;0x00&gt; to &lt;0xFF&gt;; -1 where one is no token.</summary>
    public static int[] FallbackIds(TokenVocabulary vocabulary)
    {
        var ids = new int[256];
        for (var b = 0; b < ids.Length; b++) ids[b] = vocabulary.Find(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"));
        return ids;
    }

    private static char[] Build()
    {
        var result = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++) result[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)b : (char)next++;
        return result;
    }

    private static short[] Invert()
    {
        var result = new short[324];
        Array.Fill(result, (short)-1);
        for (var b = 0; b < 256; b++) result[ToChar[b]] = (short)b;
        return result;
    }
}
