using System.Text;

namespace Assay.Tokenization;

/// <summary>GPT-2's printable stand-ins for the 256 bytes: printable Latin-1 stands for itself, the rest for U+0100 upwards.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] ToChar = Build();
    private static readonly short[] ToByte = Invert();

    /// <summary>The stand-ins of a text's UTF-8 bytes.</summary>
    public static string Encode(string text)
    {
        var ascii = true;
        foreach (var c in text)
        {
            if (c is >= '!' and <= '~') continue;
            ascii = false;
            break;
        }
        if (ascii) return text;
        var bytes = Encoding.UTF8.GetBytes(text);
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
