using System.Globalization;

namespace Assay.Tokenization.Expressions;

/// <summary>Properties of code points as the reference tokenizer sees them (Unicode 16.0, Oniguruma's classes).</summary>
internal static class CodePoints
{
    public const uint Letter = 0b1_1111;
    public const uint Mark = (1u << (int)UnicodeCategory.NonSpacingMark) | (1u << (int)UnicodeCategory.SpacingCombiningMark) | (1u << (int)UnicodeCategory.EnclosingMark);
    public const uint Decimal = 1u << (int)UnicodeCategory.DecimalDigitNumber;
    public const uint LetterNumber = 1u << (int)UnicodeCategory.LetterNumber;
    public const uint Number = Decimal | LetterNumber | (1u << (int)UnicodeCategory.OtherNumber);
    public const uint Connector = 1u << (int)UnicodeCategory.ConnectorPunctuation;
    public const uint Punctuation = Connector | (1u << (int)UnicodeCategory.DashPunctuation) | (1u << (int)UnicodeCategory.OpenPunctuation) | (1u << (int)UnicodeCategory.ClosePunctuation)
        | (1u << (int)UnicodeCategory.InitialQuotePunctuation) | (1u << (int)UnicodeCategory.FinalQuotePunctuation) | (1u << (int)UnicodeCategory.OtherPunctuation);
    public const uint Symbol = (1u << (int)UnicodeCategory.MathSymbol) | (1u << (int)UnicodeCategory.CurrencySymbol) | (1u << (int)UnicodeCategory.ModifierSymbol) | (1u << (int)UnicodeCategory.OtherSymbol);
    public const uint Separator = (1u << (int)UnicodeCategory.SpaceSeparator) | (1u << (int)UnicodeCategory.LineSeparator) | (1u << (int)UnicodeCategory.ParagraphSeparator);
    public const uint Other = (1u << (int)UnicodeCategory.Control) | (1u << (int)UnicodeCategory.Format) | (1u << (int)UnicodeCategory.Surrogate) | (1u << (int)UnicodeCategory.PrivateUse) | (1u << (int)UnicodeCategory.OtherNotAssigned);

    /// <summary>The general category as one bit of a mask.</summary>
    public static uint Category(int point) => 1u << (int)CharUnicodeInfo.GetUnicodeCategory(point);

    public static bool Is(int point, uint mask) => (Category(point) & mask) != 0;

    /// <summary>The property White_Space.</summary>
    public static bool IsSpace(int point) => point is (>= 9 and <= 13) or 0x20 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    /// <summary>What \w matches: alphabetic characters, marks, decimal digits and connecting punctuation.</summary>
    public static bool IsWord(int point) => Is(point, Letter | Mark | Decimal | LetterNumber | Connector) || IsWordException(point);

    // Oniguruma counts the superscripts and fractions of Latin-1 as words; the circled and squared letters are Other_Alphabetic (PropList.txt).
    private static bool IsWordException(int point)
        => point is 0xB2 or 0xB3 or 0xB9 or (>= 0xBC and <= 0xBE) or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>The script Han: Scripts.txt of Unicode 15.0, and the extension I that 15.1 added.</summary>
    public static IReadOnlyList<(int Low, int High)> Han { get; } =
    [
        (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9),
        (0x16FE2, 0x16FE3), (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF),
    ];

    /// <summary>The code point at an index of well-formed UTF-16, and its length.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }
        length = 1;
        return c;
    }

    /// <summary>The code point before an index.</summary>
    public static int Before(ReadOnlySpan<char> text, int index)
        => index > 1 && char.IsLowSurrogate(text[index - 1]) && char.IsHighSurrogate(text[index - 2]) ? char.ConvertToUtf32(text[index - 2], text[index - 1]) : text[index - 1];

    /// <summary>The general category mask of a name such as L or Lu, or 0.</summary>
    public static uint Named(string name) => name switch
    {
        "L" or "Letter" => Letter, "M" or "Mark" => Mark, "N" or "Number" => Number, "P" or "Punctuation" => Punctuation, "S" or "Symbol" => Symbol, "Z" or "Separator" => Separator, "C" or "Other" => Other,
        "Lu" => 1, "Ll" => 2, "Lt" => 4, "Lm" => 8, "Lo" => 16,
        "Mn" => Bit(UnicodeCategory.NonSpacingMark), "Mc" => Bit(UnicodeCategory.SpacingCombiningMark), "Me" => Bit(UnicodeCategory.EnclosingMark),
        "Nd" => Decimal, "Nl" => Bit(UnicodeCategory.LetterNumber), "No" => Bit(UnicodeCategory.OtherNumber),
        "Pc" => Connector, "Pd" => Bit(UnicodeCategory.DashPunctuation), "Ps" => Bit(UnicodeCategory.OpenPunctuation), "Pe" => Bit(UnicodeCategory.ClosePunctuation),
        "Pi" => Bit(UnicodeCategory.InitialQuotePunctuation), "Pf" => Bit(UnicodeCategory.FinalQuotePunctuation), "Po" => Bit(UnicodeCategory.OtherPunctuation),
        "Sm" => Bit(UnicodeCategory.MathSymbol), "Sc" => Bit(UnicodeCategory.CurrencySymbol), "Sk" => Bit(UnicodeCategory.ModifierSymbol), "So" => Bit(UnicodeCategory.OtherSymbol),
        "Zs" => Bit(UnicodeCategory.SpaceSeparator), "Zl" => Bit(UnicodeCategory.LineSeparator), "Zp" => Bit(UnicodeCategory.ParagraphSeparator),
        "Cc" => Bit(UnicodeCategory.Control), "Cf" => Bit(UnicodeCategory.Format), "Cn" => Bit(UnicodeCategory.OtherNotAssigned), "Co" => Bit(UnicodeCategory.PrivateUse),
        _ => 0,
    };

    private static uint Bit(UnicodeCategory category) => 1u << (int)category;
}
