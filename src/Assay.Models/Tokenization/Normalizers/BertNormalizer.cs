using System.Text;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Normalizers;

/// <summary>BERT's basic cleaning: no control characters, one kind of space, spaces around Chinese characters, no accents, lower case (tokenizers, normalizers/bert.rs).</summary>
/// <param name="cleanText">Whether controls go and white space becomes spaces.</param>
/// <param name="handleChineseCharacters">Whether Chinese characters get a space on either side.</param>
/// <param name="stripAccents">Whether nonspacing marks go, after canonical decomposition.</param>
/// <param name="lowercase">Whether letters become small.</param>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseCharacters, bool stripAccents, bool lowercase) : INormalizer
{
    private static readonly CharacterNormalizer Clean = new(point => point switch
    {
        '\t' or '\n' or '\r' => ' ',
        0 or 0xFFFD => -1,
        _ => CategoryTables.IsOther(point) ? -1 : CodePoints.IsSpace(point) ? ' ' : point,
    });

    private static readonly CharacterNormalizer Strip = new(point => CategoryTables.IsNonspacingMark(point) ? -1 : point);

    public static BertNormalizer Create(Component component)
    {
        var lowercase = component.Flag("lowercase", true);
        // Null means: as lower case.
        return new BertNormalizer(component.Flag("clean_text", true), component.Flag("handle_chinese_chars", true), component.Flag("strip_accents", lowercase), lowercase);
    }

    public string Normalize(string text, int most)
    {
        if (cleanText) text = Clean.Normalize(text, most);
        if (handleChineseCharacters) text = Space(text);
        if (stripAccents) text = Strip.Normalize(NormalForms.Apply(text, NormalForm.Nfd, most), most);
        return lowercase ? NormalizerFactory.Lowercase.Normalize(text, most) : text;
    }

    private static string Space(string text)
    {
        StringBuilder? result = null;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var chinese = IsChinese(rune.Value);
            if (chinese) result ??= new StringBuilder(text.Length + 16).Append(text, 0, at);
            if (chinese) result!.Append(' ');
            result?.Append(text, at, rune.Utf16SequenceLength);
            if (chinese) result!.Append(' ');
            at += rune.Utf16SequenceLength;
        }
        return result?.ToString() ?? text;
    }

    // The fifth extension block begins at 2B820; the reference says 2B920, so this does too.
    private static bool IsChinese(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
