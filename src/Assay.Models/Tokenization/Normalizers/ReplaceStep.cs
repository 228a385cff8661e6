using System.Text;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Normalizers;

/// <summary>Replaces every match of a pattern: the Replace normalizer, and, on each token, the Replace decoder.</summary>
internal sealed class ReplaceStep(Expression pattern, string content) : INormalizer, IDecoder
{
    public string Normalize(string text, int most)
    {
        // What SentencePiece's kin do to every space of every text.
        if (pattern.LiteralText is [var one] && content is [var other]) return text.Replace(one, other);
        var matches = pattern.Matches(text);
        if (!matches.MoveNext()) return text;
        var result = new StringBuilder(text.Length + 16);
        var from = 0;
        do
        {
            result.Append(text, from, matches.Start - from).Append(content);
            from = matches.End;
            if (result.Length > most) throw EncodingBudget.TooLong("Replace step");
        }
        while (matches.MoveNext());
        return result.Append(text, from, text.Length - from).ToString();
    }

    public List<string> Decode(List<string> tokens, int most) => tokens.ConvertAll(token =>
    {
        var replaced = Normalize(token, most);
        most -= replaced.Length;
        return replaced;
    });
}
