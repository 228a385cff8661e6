using System.Collections.Concurrent;
using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Normalizers;
using Assay.Tokenization.PostProcessors;
using Assay.Tokenization.PreTokenizers;
using Assay.Tokenization.Subwords;

namespace Assay.Tokenization;

/// <summary>Text to token ids and back, as tokenizer.json describes. What the file asks for is done exactly or refused by name.</summary>
/// <remarks>Safe to use from several threads. Encoding takes time n log n in the text's length at worst.</remarks>
public sealed class Tokenizer
{
    private readonly INormalizer? _normalizer;
    private readonly IReadOnlyList<IPreTokenizer> _preTokenizers;
    private readonly ISubwordModel _model;
    private readonly IPostProcessor? _postProcessor;
    private readonly IDecoder? _decoder;
    private readonly AddedTokenMatcher _raw, _normalized;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedText> _addedTexts = [];
    private readonly ConcurrentBag<PieceEncoder> _idle = [];
    private readonly Lazy<Dictionary<string, int>> _vocabulary;

    internal Tokenizer(INormalizer? normalizer, IReadOnlyList<IPreTokenizer> preTokenizers, ISubwordModel model, IPostProcessor? postProcessor, IDecoder? decoder,
        IReadOnlyList<AddedToken> addedTokens, IReadOnlyList<string> ignoredSections)
    {
        (_normalizer, _preTokenizers, _model, _postProcessor, _decoder) = (normalizer, preTokenizers, model, postProcessor, decoder);
        // Where bytes become stand-ins last of all, the model can read the bytes themselves.
        if (preTokenizers is [.., ByteLevelPreTokenizer last] && (model as BytePairModel)?.OverBytes() is { } overBytes)
            (_model, _preTokenizers) = (overBytes, [.. preTokenizers.SkipLast(1), last.WithoutStandIns()]);
        AddedTokens = addedTokens;
        IgnoredSections = ignoredSections;
        _raw = new AddedTokenMatcher(addedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalized = new AddedTokenMatcher(addedTokens.Where(t => t.Normalized).Select(t => (normalizer?.Normalize(t.Content) ?? t.Content, t)));
        var special = addedTokens.Where(t => t.Special).Select(t => t.Content).ToHashSet(StringComparer.Ordinal);
        Count = model.Vocabulary.Count;
        MaxId = model.Vocabulary.MaxId;
        foreach (var token in addedTokens)
        {
            _addedIds[token.Content] = token.Id;
            // The reference decodes a normalized added token as its normalized text, which its set of special tokens then does not have.
            var decoded = token.Normalized && normalizer is not null ? normalizer.Normalize(token.Content) : token.Content;
            _addedTexts[token.Id] = new AddedText(token.Content, decoded, special.Contains(decoded));
            if (model.Vocabulary.Find(token.Content) < 0) Count++;
            MaxId = Math.Max(MaxId, token.Id);
        }
        _vocabulary = new(BuildVocabulary);
        // Where post-processing adds nothing to an empty text, or only at its end, there is nothing in front of a longer one.
        if (postProcessor?.Process([-1]) is [>= 0 and var first, ..]) BosAdded = first;
    }

    /// <summary>The number of tokens, added ones included.</summary>
    public int Count { get; }

    /// <summary>The highest id that a token has; -1 where there are no tokens.</summary>
    public int MaxId { get; }

    /// <summary>Whether post-processing puts a token before the text.</summary>
    public bool AddsBos => BosAdded is not null;

    /// <summary>The id that post-processing puts first, or null where it puts none.</summary>
    public int? BosAdded { get; }

    /// <summary>The tokens matched in the text itself.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Sections of the file that are set and have no effect here: truncation, padding.</summary>
    public IReadOnlyList<string> IgnoredSections { get; }

    /// <summary>Every token with its id, added ones included. Made when first asked for.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary.Value;

    /// <summary>Reads a tokenizer.json from its text.</summary>
    /// <exception cref="InvalidInputException">The file is broken or asks for what is not supported; each such component is named.</exception>
    public static Tokenizer Parse(string tokenizerJson, string fileName = "tokenizer.json")
    {
        CheckSurrogates(tokenizerJson, fileName);
        return TokenizerReader.Read(Encoding.UTF8.GetBytes(tokenizerJson), fileName);
    }

    /// <summary>Reads a tokenizer.json from its UTF-8 bytes, which must not change afterwards.</summary>
    /// <exception cref="InvalidInputException">The file is broken or asks for what is not supported; each such component is named.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> tokenizerJson, string fileName = "tokenizer.json") => TokenizerReader.Read(tokenizerJson, fileName);

    /// <summary>The ids of a text. Added tokens in it are recognised; special tokens around it are added on request.</summary>
    /// <exception cref="InvalidInputException">The text has a lone surrogate, or the tokenizer makes it longer than any in use does.</exception>
    public int[] Encode(string text, bool addSpecialTokens) => Encode(text, addSpecialTokens, EncodingBudget.StandardMemory, CancellationToken.None);

    /// <summary>The ids of a text that may be long.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="addSpecialTokens">Whether post-processing runs.</param>
    /// <param name="memoryBytes">Memory that encoding may take besides the text and its ids.</param>
    /// <param name="cancellation">Honoured within a long text.</param>
    /// <exception cref="InvalidInputException">The text has a lone surrogate, the tokenizer makes it longer than any in use does, or a stretch that is encoded
    /// as a whole needs more memory.</exception>
    public int[] Encode(string text, bool addSpecialTokens, long memoryBytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(text);
        CheckSurrogates(text, "The text");
        var encoder = _idle.TryTake(out var idle) ? idle : new PieceEncoder(_model, _preTokenizers);
        encoder.Ids.Budget = new EncodingBudget(text.Length, _preTokenizers.Count, memoryBytes, cancellation);
        foreach (var (start, length, token) in _raw.Split(text, encoder.Ids.Budget))
        {
            if (token is not null) encoder.Ids.Add(token.Id);
            else EncodeStretch(text, start, length, encoder);
        }
        int[] ids = addSpecialTokens && _postProcessor is not null ? [.. _postProcessor.Process([.. encoder.Ids.From(0)])] : [.. encoder.Ids.From(0)];
        encoder.Ids.Clear();
        _idle.Add(encoder);
        return ids;
    }

    /// <summary>The text of ids. Ids that no token has are left out, as in the reference.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> tokens = new(ids.Length);
        foreach (var id in ids)
        {
            if (_addedTexts.TryGetValue(id, out var added))
            {
                if (!(skipSpecialTokens && added.Special)) tokens.Add(added.Decoded);
            }
            else if (_model.Vocabulary.TextOf(id) is { } token) tokens.Add(token);
        }
        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Decode(tokens,
            EncodingBudget.Most(tokens.Sum(token => (long)token.Length))));
    }

    /// <summary>The id of a raw token, or null.</summary>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_addedIds.TryGetValue(token, out var added)) return added;
        return _model.Vocabulary.Find(token) is >= 0 and var id ? id : null;
    }

    /// <summary>Whether a token has this id.</summary>
    public bool HasToken(int id) => _addedTexts.ContainsKey(id) || _model.Vocabulary.TextOf(id) is not null;

    /// <summary>The raw token of an id, as the vocabulary spells it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has the id.</exception>
    public string TokenOf(int id) => _addedTexts.TryGetValue(id, out var added) ? added.Content
        : _model.Vocabulary.TextOf(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, "No token has this id.");

    private void EncodeStretch(string text, int from, int size, PieceEncoder encoder)
    {
        var stretch = text.AsSpan(from, size);
        if (_normalizer is not null)
        {
            text = _normalizer.Normalize(size == text.Length ? text : stretch.ToString(),
                Math.Min(EncodingBudget.Most(size), encoder.Ids.Budget.NormalizedLeft));
            encoder.Ids.Budget.Normalized(text.Length);
            stretch = text;
        }
        foreach (var (start, length, token) in _normalized.Split(stretch, encoder.Ids.Budget))
        {
            if (token is not null) encoder.Ids.Add(token.Id);
            else encoder.Head.Add(stretch.Slice(start, length), from == 0 && start == 0);
        }
    }

    private Dictionary<string, int> BuildVocabulary()
    {
        var all = new Dictionary<string, int>(Count, StringComparer.Ordinal);
        for (var entry = 0; entry < _model.Vocabulary.Count; entry++) all[Encoding.UTF8.GetString(_model.Vocabulary.Text(entry))] = _model.Vocabulary.Id(entry);
        foreach (var (content, id) in _addedIds) all[content] = id;
        return all;
    }

    private static void CheckSurrogates(string text, string what)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                throw new InvalidInputException($"{what} has a lone surrogate, U+{(int)text[i]:X4}, at {i}: it is not valid Unicode.");
            i++;
        }
    }

    private readonly record struct AddedText(string Content, string Decoded, bool Special);
}
