using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization.Normalizers;

namespace Assay.Tokenization;

/// <summary>Text to token ids and back, as tokenizer.json describes. What the file asks for is done exactly or refused by name.</summary>
/// <remarks>Safe to use from several threads. Encoding takes time n log n in the text's length at worst.</remarks>
public sealed class Tokenizer
{
    private const int CacheEntries = 1 << 14, CachedPiece = 48;

    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly IPostProcessor? _postProcessor;
    private readonly IDecoder? _decoder;
    private readonly AddedTokenMatcher _raw, _normalized;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens;

    // The reference decodes a normalized added token as its normalized text, which its set of special tokens then does not have.
    private readonly Dictionary<int, string> _decoded;
    private readonly HashSet<string> _special;

    internal Tokenizer(INormalizer? normalizer, IPreTokenizer? preTokenizer, ITokenModel model, IPostProcessor? postProcessor, IDecoder? decoder,
        IReadOnlyList<AddedToken> addedTokens, IReadOnlyList<string> ignoredSections)
    {
        (_normalizer, _preTokenizer, _model, _postProcessor, _decoder) = (normalizer, preTokenizer, model, postProcessor, decoder);
        AddedTokens = addedTokens;
        IgnoredSections = ignoredSections;
        _raw = new AddedTokenMatcher(addedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalized = new AddedTokenMatcher(addedTokens.Where(t => t.Normalized).Select(t => (normalizer?.Normalize(t.Content) ?? t.Content, t)));
        _ids = new Dictionary<string, int>(model.Vocabulary, StringComparer.Ordinal);
        foreach (var token in addedTokens) _ids[token.Content] = token.Id;
        _tokens = _ids.ToDictionary(pair => pair.Value, pair => pair.Key);
        _decoded = new Dictionary<int, string>(_tokens);
        foreach (var token in addedTokens)
        {
            if (token.Normalized) _decoded[token.Id] = normalizer?.Normalize(token.Content) ?? token.Content;
        }
        _special = addedTokens.Where(t => t.Special).Select(t => t.Content).ToHashSet(StringComparer.Ordinal);
        // Where post-processing adds nothing to an empty text, or only at its end, there is nothing in front of a longer one.
        if (postProcessor?.Process([-1]) is [>= 0 and var first, ..]) BosAdded = first;
    }

    /// <summary>The number of tokens, added ones included.</summary>
    public int Count => _ids.Count;

    /// <summary>Whether post-processing puts a token before the text.</summary>
    public bool AddsBos => BosAdded is not null;

    /// <summary>The id that post-processing puts first, or null where it puts none.</summary>
    public int? BosAdded { get; }

    /// <summary>The tokens matched in the text itself.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Sections of the file that are set and have no effect here: truncation, padding.</summary>
    public IReadOnlyList<string> IgnoredSections { get; }

    /// <summary>Every token with its id, added ones included.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _ids;

    /// <summary>Reads a tokenizer.json from its text.</summary>
    /// <exception cref="InvalidInputException">The file is broken or asks for what is not supported; each such component is named.</exception>
    public static Tokenizer Parse(string tokenizerJson, string fileName = "tokenizer.json") => Read(() => JsonDocument.Parse(tokenizerJson), fileName);

    /// <summary>Reads a tokenizer.json from its UTF-8 bytes.</summary>
    /// <exception cref="InvalidInputException">The file is broken or asks for what is not supported; each such component is named.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> tokenizerJson, string fileName = "tokenizer.json") => Read(() => JsonDocument.Parse(tokenizerJson), fileName);

    /// <summary>The ids of a text. Added tokens in it are recognised; special tokens around it are added on request.</summary>
    /// <exception cref="InvalidInputException">The text has a lone surrogate.</exception>
    public int[] Encode(string text, bool addSpecialTokens)
    {
        CheckSurrogates(text);
        List<int> ids = new(text.Length / 3 + 4);
        List<Piece> pieces = [];
        Dictionary<string, int[]> cache = new(StringComparer.Ordinal);
        foreach (var (stretch, token, first) in _raw.Split(text))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                continue;
            }
            var normal = _normalizer?.Normalize(stretch!) ?? stretch!;
            foreach (var (part, inner, atStart) in _normalized.Split(normal))
            {
                if (inner is not null) ids.Add(inner.Id);
                else if (part!.Length > 0)
                {
                    pieces.Clear();
                    var piece = new Piece(part, first && atStart);
                    if (_preTokenizer is null) pieces.Add(piece);
                    else _preTokenizer.Split(piece, pieces);
                    foreach (var each in pieces) EncodePiece(each.Text, ids, cache);
                }
            }
        }
        return addSpecialTokens && _postProcessor is not null ? [.. _postProcessor.Process(ids)] : [.. ids];
    }

    /// <summary>The text of ids. Ids that no token has are left out, as in the reference.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> tokens = new(ids.Length);
        foreach (var id in ids)
        {
            if (_decoded.TryGetValue(id, out var token) && !(skipSpecialTokens && _special.Contains(token))) tokens.Add(token);
        }
        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Decode(tokens));
    }

    /// <summary>The id of a raw token, or null.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The raw token of an id, as the vocabulary spells it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has the id.</exception>
    public string TokenOf(int id) => _tokens.TryGetValue(id, out var token) ? token : throw new ArgumentOutOfRangeException(nameof(id), id, "No token has this id.");

    private void EncodePiece(string piece, List<int> ids, Dictionary<string, int[]> cache)
    {
        if (piece.Length > CachedPiece)
        {
            _model.Encode(piece, ids);
            return;
        }
        if (!cache.TryGetValue(piece, out var known))
        {
            var start = ids.Count;
            _model.Encode(piece, ids);
            if (cache.Count < CacheEntries) cache[piece] = [.. ids[start..]];
            return;
        }
        ids.AddRange(known);
    }

    private static Tokenizer Read(Func<JsonDocument> parse, string fileName)
    {
        try
        {
            using var document = parse();
            return TokenizerReader.Read(document.RootElement, fileName);
        }
        // A string that is no valid Unicode shows itself only when it is read.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidInputException($"{fileName}: not valid JSON in valid UTF-8: {broken.Message}", broken);
        }
    }

    private static void CheckSurrogates(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                throw new InvalidInputException($"The text has a lone surrogate, U+{(int)text[i]:X4}, at {i}: it is not valid Unicode.");
            i++;
        }
    }
}
