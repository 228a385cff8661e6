using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Normalizers;

/// <summary>Replaces every match of a pattern: the Replace normalizer, and, on each token, the Replace decoder.</summary>
internal sealed class ReplaceStep(Expression pattern, string content) : INormalizer, IDecoder
{
    /// <summary>A replacement may lengthen a text, and a chain of them without end; no real one comes near this many UTF-16 units.</summary>
    private const int MaxLength = 1 << 26;

    public string Normalize(string text)
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
            if (result.Length > Math.Max(MaxLength, text.Length)) throw new InvalidInputException("A Replace step of the tokenizer makes the text longer than 2^26 characters.");
        }
        while (matches.MoveNext());
        return result.Append(text, from, text.Length - from).ToString();
    }

    public List<string> Decode(List<string> tokens) => tokens.ConvertAll(Normalize);
}
