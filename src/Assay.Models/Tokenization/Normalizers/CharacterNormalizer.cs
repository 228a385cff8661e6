using System.Text;

namespace Assay.Tokenization.Normalizers;

/// <summary>A normalizer that looks at one code point at a time: it keeps it, drops it, or writes a space for it.</summary>
internal sealed class CharacterNormalizer(Func<int, int> map) : INormalizer
{
    /// <summary>Drops combining marks.</summary>
    public static CharacterNormalizer StripAccents { get; } = new(point => NormalForms.IsMark(point) ? -1 : point);

    /// <summary>SentencePiece's cleaning for machine translation: control characters go, kinds of white space become spaces.</summary>
    public static CharacterNormalizer Nmt { get; } = new(point => point switch
    {
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => -1,
        9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => point,
    });

    public string Normalize(string text, int most)
    {
        var result = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            var mapped = map(rune.Value);
            if (mapped >= 0) result.Append(units[..new Rune(mapped).EncodeToUtf16(units)]);
        }
        return result.ToString();
    }
}
