using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization.Expressions;
using Assay.Tokenization.Normalizers;

namespace Assay.Tokenization;

/// <summary>Replaces every match of a pattern: the Replace normalizer, and, on each token, the Replace decoder.</summary>
internal sealed class ReplaceStep(Expression pattern, string content) : INormalizer, IDecoder
{
    /// <summary>A replacement may lengthen a text, and a chain of them without end; no real one comes near this many UTF-16 units.</summary>
    private const int MaxLength = 1 << 26;

    public string Normalize(string text)
    {
        var matches = pattern.Matches(text);
        if (matches.Count == 0) return text;
        if (text.Length + (long)matches.Count * content.Length > MaxLength) throw new InvalidInputException("A Replace step of the tokenizer makes the text longer than 2^26 characters.");
        var result = new StringBuilder(text.Length);
        var from = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(text, from, start - from).Append(content);
            from = end;
        }
        return result.Append(text, from, text.Length - from).ToString();
    }

    public List<string> Decode(List<string> tokens) => tokens.ConvertAll(Normalize);
}
