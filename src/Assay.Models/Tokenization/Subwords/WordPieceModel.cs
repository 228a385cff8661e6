using System.Text;

namespace Assay.Tokenization.Subwords;

/// <summary>WordPiece: the longest token that a word begins with, then the longest that goes on, until the word ends; a word for which that fails is unknown as a whole (Devlin et al. 2018, arXiv 1810.04805; tokenizers, models/wordpiece).</summary>
internal sealed class WordPieceModel : ISubwordModel
{
    private const int MaxPrefix = 16;

    private readonly TokenTrie _first, _rest;
    private readonly int _unknown, _maxCharacters;

    public WordPieceModel(Component component, TokenVocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        var unknown = component.RequiredText("unk_token");
        _unknown = vocabulary.Find(unknown);
        if (_unknown < 0) component.Problem($"'unk_token' = '{Component.Shorten(unknown)}' is not in the vocabulary.");
        var prefix = component.RequiredText("continuing_subword_prefix");
        if (prefix.Length > MaxPrefix) component.Problem($"'continuing_subword_prefix' is longer than {MaxPrefix} characters.");
        _maxCharacters = component.Integer("max_input_chars_per_word");
        component.Done();
        (_first, _rest) = (new TokenTrie(vocabulary.Count * 3), new TokenTrie(vocabulary.Count * 3));
        for (var entry = 0; entry < vocabulary.Count; entry++)
        {
            var token = Encoding.UTF8.GetString(vocabulary.Text(entry));
            if (token.Length > TokenTrie.MaxLength)
            {
                component.Problem($"the token '{Component.Shorten(token)}' is longer than {TokenTrie.MaxLength} characters.");
                continue;
            }
            _first.Add(token, vocabulary.Id(entry));
            if (token.StartsWith(prefix, StringComparison.Ordinal)) _rest.Add(token.AsSpan(prefix.Length), vocabulary.Id(entry));
        }
    }

    public TokenVocabulary Vocabulary { get; }

    public void Encode(ReadOnlySpan<char> piece, IdList ids)
    {
        if (Characters(piece) > _maxCharacters)
        {
            ids.Add(_unknown);
            return;
        }
        ids.Budget.Memory(piece.Length, piece.Length * 2L * sizeof(int));
        Span<int> found = stackalloc int[128];
        var all = piece.Length <= found.Length ? found : new int[piece.Length];
        var count = 0;
        for (var at = 0; at < piece.Length;)
        {
            if (count % 4096 == 0) ids.Budget.Check();
            var (trie, node, id, next) = (at == 0 ? _first : _rest, TokenTrie.Root, -1, at);
            for (var end = at; end < piece.Length && (node = trie.Next(node, piece[end])) >= 0; end++)
            {
                if (trie.IdAt(node) is >= 0 and var longer) (id, next) = (longer, end + 1);
            }
            if (id < 0)
            {
                ids.Add(_unknown);
                return;
            }
            all[count++] = id;
            at = next;
        }
        ids.Add(all[..count]);
    }

    private static int Characters(ReadOnlySpan<char> piece)
    {
        var count = piece.Length;
        foreach (var c in piece)
        {
            if (char.IsLowSurrogate(c)) count--;
        }
        return count;
    }
}
