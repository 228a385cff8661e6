using System.Globalization;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Normalizers;

/// <summary>General categories as of Unicode 8.0, which BertNormalizer, BertPreTokenizer and Punctuation of the reference tokenizer use.</summary>
/// <remarks>The table is made by categories.py from the Unicode Character Database.</remarks>
internal sealed class CategoryTables
{
    private static readonly Lazy<CategoryTables> Table = new(() => new CategoryTables());

    private readonly List<(int First, int Last)> _punctuation = [], _marks = [], _other = [];
    private readonly Expression _punctuationExpression;

    private CategoryTables()
    {
        using var stream = typeof(CategoryTables).Assembly.GetManifestResourceStream("Assay.Tokenization.categories.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            var into = fields[0] switch { "P" => _punctuation, "M" => _marks, _ => _other };
            into.Add((Point(fields[1]), Point(fields[2])));
        }
        // The reference adds ASCII's own notion, which counts symbols such as $ and +.
        var set = new CharacterClass().Add('!', '/').Add(':', '@').Add('[', '`').Add('{', '~');
        foreach (var (first, last) in _punctuation) set.Add(first, last);
        _punctuationExpression = Expression.Of(set.Freeze(false));
    }

    /// <summary>One character of punctuation.</summary>
    public static Expression Punctuation => Table.Value._punctuationExpression;

    /// <summary>Whether a code point is a nonspacing mark.</summary>
    public static bool IsNonspacingMark(int point) => point >= 0x300 && Contains(Table.Value._marks, point);

    /// <summary>Whether a code point is a control, a format character or for private use.</summary>
    public static bool IsOther(int point) => point is < 0x20 or >= 0x7F && Contains(Table.Value._other, point);

    private static bool Contains(List<(int First, int Last)> ranges, int point)
    {
        var (low, high) = (0, ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (point < ranges[middle].First) high = middle - 1;
            else if (point > ranges[middle].Last) low = middle + 1;
            else return true;
        }
        return false;
    }

    private static int Point(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
