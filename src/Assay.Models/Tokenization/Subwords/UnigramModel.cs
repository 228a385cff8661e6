using System.Buffers;
using System.Globalization;
using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Subwords;

/// <summary>The unigram language model: the cut of a piece whose tokens have the highest sum of log-probabilities, Kudo 2018 (arXiv 1804.10959), found by Viterbi's algorithm.</summary>
/// <remarks>Ties and unknown characters as in the reference (tokenizers, models/unigram): of equal cuts the first that was found stays; a character that is no token costs 10 more than the
/// worst token; neighbours of that kind are one unknown token.</remarks>
internal sealed class UnigramModel : ISubwordModel
{
    private const double UnknownPenalty = 10;
    private const int PlacesBetweenChecks = 4096;

    private readonly double[] _scores;
    private readonly TokenTrie _trie;
    private readonly int _unknown;
    private readonly double _unknownScore;
    private readonly int[]? _bytes;

    /// <param name="component">The model's section.</param>
    /// <param name="vocabulary">The id of a token is its place.</param>
    /// <param name="scores">Log-probability of each token, by id.</param>
    public UnigramModel(Component component, TokenVocabulary vocabulary, double[] scores)
    {
        Vocabulary = vocabulary;
        _scores = scores;
        _unknown = component.Get("unk_id") is null ? -1 : component.Integer("unk_id");
        if (_unknown >= scores.Length) component.Problem($"'unk_id' = {_unknown} is not in the vocabulary of {scores.Length}.");
        if (component.Flag("byte_fallback", false)) _bytes = ByteAlphabet.FallbackIds(vocabulary);
        component.Done();
        _unknownScore = (scores.Length == 0 ? 0 : scores.Min()) - UnknownPenalty;
        _trie = new TokenTrie(vocabulary.Count * 3);
        for (var entry = 0; entry < vocabulary.Count; entry++)
        {
            var token = Encoding.UTF8.GetString(vocabulary.Text(entry));
            if (token.Length <= TokenTrie.MaxLength) _trie.Add(token, vocabulary.Id(entry));
            else component.Problem($"the token '{Component.Shorten(token)}' is longer than {TokenTrie.MaxLength} characters.");
        }
    }

    public TokenVocabulary Vocabulary { get; }

    public void Encode(ReadOnlySpan<char> piece, IdList ids)
    {
        // Best cut that ends at each unit: its score, its last token, and where that begins; -1 where there is none yet.
        var size = piece.Length + 1;
        // Four lists of a number for each unit; rented arrays are up to twice as long.
        ids.Budget.Memory(piece.Length, size * 2L * (sizeof(double) + 3 * sizeof(int)));
        var best = ArrayPool<double>.Shared.Rent(size);
        var last = ArrayPool<int>.Shared.Rent(size);
        var from = ArrayPool<int>.Shared.Rent(size);
        try
        {
            from.AsSpan(0, size).Fill(-1);
            best[0] = 0;
            for (var at = 0; at < piece.Length;)
            {
                if (at % PlacesBetweenChecks < 2) ids.Budget.Check();
                CodePoints.At(piece, at, out var units);
                var single = false;
                var node = TokenTrie.Root;
                for (var end = at; end < piece.Length && (node = _trie.Next(node, piece[end])) >= 0; end++)
                {
                    var id = _trie.IdAt(node);
                    if (id < 0) continue;
                    Offer(end + 1, at, best[at] + _scores[id], id);
                    single |= end + 1 - at == units;
                }
                if (!single)
                {
                    if (_unknown < 0)
                        throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"The tokenizer has neither a token for U+{CodePoints.At(piece, at, out _):X4} nor an unknown token ('unk_id')."));
                    Offer(at + units, at, best[at] + _unknownScore, _unknown);
                }
                at += units;
            }
            Trace(piece, last, from, ids);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(best);
            ArrayPool<int>.Shared.Return(last);
            ArrayPool<int>.Shared.Return(from);
        }

        void Offer(int end, int start, double score, int id)
        {
            if (from[end] >= 0 && score <= best[end]) return;
            (best[end], last[end], from[end]) = (score, id, start);
        }
    }

    // From the end to the start, turning the links round, then forwards; unknown neighbours as one.
    private void Trace(ReadOnlySpan<char> piece, int[] last, int[] from, IdList ids)
    {
        var next = ArrayPool<int>.Shared.Rent(piece.Length + 1);
        for (var end = piece.Length; end > 0; end = from[end]) next[from[end]] = end;
        for (var start = 0; start < piece.Length;)
        {
            var end = next[start];
            if (last[end] != _unknown) ids.Add(last[end]);
            else
            {
                while (end < piece.Length && last[next[end]] == _unknown) end = next[end];
                AddUnknown(piece[start..end], ids);
            }
            start = end;
        }
        ArrayPool<int>.Shared.Return(next);
    }

    private void AddUnknown(ReadOnlySpan<char> text, IdList ids)
    {
        // Together they may spell a token after all, the unknown token itself among them.
        var utf8 = Encoding.UTF8.GetBytes(text.ToString());
        var known = Vocabulary.Find(utf8);
        if (known >= 0) ids.Add(known);
        else if (_bytes is null || Array.Exists(utf8, b => _bytes[b] < 0)) ids.Add(_unknown);
        else
        {
            foreach (var b in utf8) ids.Add(_bytes[b]);
        }
    }
}
