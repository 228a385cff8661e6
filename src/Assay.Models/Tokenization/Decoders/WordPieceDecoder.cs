namespace Assay.Tokenization.Decoders;

/// <summary>Joins what continues a word, puts a space before what does not, and takes the spaces that English punctuation does not have (tokenizers, decoders/wordpiece.rs).</summary>
/// <param name="prefix">Marks a token that continues a word.</param>
/// <param name="cleanup">Whether spaces before punctuation and contractions go.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : IDecoder
{
    private static readonly (string From, string To)[] Artefacts =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

    public List<string> Decode(List<string> tokens, int most)
    {
        List<string> result = new(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (i > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            // Token by token, as in the reference: a space and the comma after it may lie in two tokens.
            if (cleanup) token = Artefacts.Aggregate(token, (text, pair) => text.Replace(pair.From, pair.To, StringComparison.Ordinal));
            result.Add(token);
        }
        return result;
    }
}
