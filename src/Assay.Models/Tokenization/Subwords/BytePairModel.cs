using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Assay.Tokenization.PreTokenizers;

namespace Assay.Tokenization.Subwords;

/// <summary>Byte-pair encoding: joins the pair of neighbours that was learnt earliest until none is left, Sennrich et al. 2016 (arXiv 1508.07909).</summary>
/// <remarks>Time n log n in the piece's length at worst.</remarks>
internal sealed class BytePairModel : ISubwordModel
{
    private const int MaxAffix = 16, OnStack = 96;

    private readonly PairTable _merges;
    private readonly MergeBoundaries? _boundaries;
    private readonly int _unknown = -1;
    private readonly bool _fuseUnknown, _ignoreMerges;
    private readonly string _prefix, _suffix;
    private readonly int[] _standIns, _ascii = new int[128];
    private readonly int[]? _fallback;

    public BytePairModel(Component component, TokenVocabulary vocabulary, MergeList merges)
    {
        Vocabulary = vocabulary;
        if (component.Get("dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            component.Problem($"'dropout' = {Component.Shorten(dropout.GetRawText())} makes ids random and is not supported.");
        _prefix = component.Text("continuing_subword_prefix") ?? "";
        _suffix = component.Text("end_of_word_suffix") ?? "";
        if (_prefix.Length > MaxAffix || _suffix.Length > MaxAffix) component.Problem($"a subword prefix or suffix is longer than {MaxAffix} characters.");
        if (component.Flag("byte_fallback", false)) _fallback = ByteAlphabet.FallbackIds(vocabulary);
        _fuseUnknown = component.Flag("fuse_unk", false);
        _ignoreMerges = component.Flag("ignore_merges", false);
        if (component.Text("unk_token") is { } unknown)
        {
            _unknown = vocabulary.Find(unknown);
            if (_unknown < 0) component.Problem($"'unk_token' = '{Component.Shorten(unknown)}' is not in the vocabulary.");
        }
        if (component.Get("merges") is not { ValueKind: JsonValueKind.Array }) component.Problem("'merges' must be a list.");
        foreach (var problem in merges.Problems) component.Problem(problem);
        component.Done();
        _standIns = ByteAlphabet.StandInIds(vocabulary);
        for (var c = 0; c < _ascii.Length; c++) _ascii[c] = vocabulary.Find([(byte)c]);
        _merges = MergeReader.Read(merges, vocabulary, _prefix, component);
        // Unknown characters move past bytes that stand in for others, and vanish where there is no unknown token: then neighbours tell nothing.
        var everyCharacterStays = _fallback is null ? _unknown >= 0 : !Array.Exists(_fallback, id => id < 0);
        if (_prefix.Length == 0 && _suffix.Length == 0 && everyCharacterStays) _boundaries = new MergeBoundaries(merges, vocabulary, _fallback);
    }

    private BytePairModel(BytePairModel other)
    {
        Vocabulary = other.Vocabulary;
        (_merges, _unknown, _fuseUnknown, _ignoreMerges, _prefix, _suffix, _standIns, _ascii, _fallback) =
            (other._merges, other._unknown, other._fuseUnknown, other._ignoreMerges, other._prefix, other._suffix, other._standIns, other._ascii, other._fallback);
        ReadsBytes = true;
    }

    public TokenVocabulary Vocabulary { get; }

    /// <summary>Whether pieces are plain text, whose bytes' stand-ins the tokens spell; otherwise pieces are spelt as tokens are.</summary>
    public bool ReadsBytes { get; }

    /// <summary>The same model for plain text, or null where it cannot be: a stand-in is no token, or affixes tell symbols apart.</summary>
    public BytePairModel? OverBytes() => _prefix.Length == 0 && _suffix.Length == 0 && !Array.Exists(_standIns, id => id < 0) ? new BytePairModel(this) : null;

    public void Encode(ReadOnlySpan<char> piece, IdList ids)
    {
        if (ReadsBytes) EncodeBytes(piece, ids);
        else if (_ignoreMerges && FindWhole(piece) is >= 0 and var whole) ids.Add(whole);
        else EncodeStretch(piece, ids);
    }

    /// <summary>Gives the stretches of a long piece to a sink, or returns false where it has to be encoded as a whole.</summary>
    /// <remarks>No merge reaches across a boundary, so what lies between two of them can be joined by itself: a text that nobody cut costs as much as one cut into words.</remarks>
    public bool TryCut(ReadOnlySpan<char> piece, IPieceSink sink)
    {
        if (ReadsBytes || _ignoreMerges || _boundaries?.Table is not { } table) return false;
        Cut(piece, table, sink);
        return true;
    }

    private int FindWhole(ReadOnlySpan<char> piece)
    {
        if (piece.Length * 3 > OnStack * 4) return Vocabulary.Find(piece.ToString());
        Span<byte> utf8 = stackalloc byte[OnStack * 4];
        return Vocabulary.Find(utf8[..Encoding.UTF8.GetBytes(piece, utf8)]);
    }

    [SkipLocalsInit]
    private void EncodeBytes(ReadOnlySpan<char> piece, IdList ids)
    {
        var most = checked(piece.Length * 3);
        byte[]? rented = null;
        Span<byte> utf8 = stackalloc byte[OnStack * 3];
        if (most > utf8.Length) ids.Budget.Memory(piece.Length, most * 4L);
        if (most > utf8.Length) utf8 = rented = ArrayPool<byte>.Shared.Rent(most);
        utf8 = utf8[..Encoding.UTF8.GetBytes(piece, utf8)];
        if (!_ignoreMerges || !TryWhole(utf8, ids))
        {
            int[]? many = null;
            Span<int> symbols = stackalloc int[OnStack];
            if (utf8.Length > symbols.Length) symbols = many = ArrayPool<int>.Shared.Rent(utf8.Length);
            symbols = symbols[..utf8.Length];
            for (var i = 0; i < symbols.Length; i++) symbols[i] = _standIns[utf8[i]];
            Join(symbols, ids);
            if (many is not null) ArrayPool<int>.Shared.Return(many);
        }
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    // Where the whole piece is a token: tokens are spelt in stand-ins, each of one or two bytes of UTF-8.
    private bool TryWhole(ReadOnlySpan<byte> utf8, IdList ids)
    {
        byte[]? rented = null;
        Span<byte> spelt = stackalloc byte[OnStack * 2];
        if (utf8.Length * 2 > spelt.Length) spelt = rented = ArrayPool<byte>.Shared.Rent(utf8.Length * 2);
        var length = 0;
        foreach (var b in utf8)
        {
            var c = ByteAlphabet.StandIn(b);
            if (c < 0x80) spelt[length++] = (byte)c;
            else
            {
                spelt[length++] = (byte)(0xC0 | c >> 6);
                spelt[length++] = (byte)(0x80 | c & 0x3F);
            }
        }
        var id = Vocabulary.Find(spelt[..length]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        if (id >= 0) ids.Add(id);
        return id >= 0;
    }

    private void Cut(ReadOnlySpan<char> piece, PairTable table, IPieceSink sink)
    {
        var (from, last) = (0, -1);
        Span<int> bytes = stackalloc int[4];
        for (var at = 0; at < piece.Length;)
        {
            var id = Symbol(piece, at, out var units);
            int first, final;
            if (id >= 0) first = final = id;
            else if (Fallback(piece.Slice(at, units), bytes) is > 0 and var count) (first, final) = (bytes[0], bytes[count - 1]);
            else first = final = _unknown;
            // Unknown neighbours may have to become one.
            if (at > from && !(last == _unknown && first == _unknown) && table.Get(last, first, out _) < 0)
            {
                sink.Add(piece[from..at], false);
                from = at;
            }
            last = final;
            at += units;
        }
        sink.Add(piece[from..], false);
    }

    [SkipLocalsInit]
    private void EncodeStretch(ReadOnlySpan<char> piece, IdList ids)
    {
        int[]? many = null;
        Span<int> symbols = stackalloc int[OnStack];
        // A character falls back to at most 4 bytes for 2 units, 3 for 1; with affixes, to more.
        var most = piece.Length * 3L + 3 * 2 * MaxAffix * (_prefix.Length > 0 ? piece.Length : 1L);
        if (most > symbols.Length) ids.Budget.Memory(piece.Length, most * 2 * sizeof(int));
        if (most > symbols.Length) symbols = many = ArrayPool<int>.Shared.Rent(checked((int)most));
        Join(symbols[..Symbols(piece, symbols)], ids);
        if (many is not null) ArrayPool<int>.Shared.Return(many);
    }

    private int Symbols(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        var count = 0;
        var pending = -1;
        Span<int> bytes = stackalloc int[4 + 3 * 2 * MaxAffix];
        for (var at = 0; at < piece.Length;)
        {
            var id = Symbol(piece, at, out var units);
            var fallen = 0;
            if (id < 0 && _fallback is not null) fallen = Fallback(Affixed(piece, at, units), bytes);
            if (id >= 0 || fallen > 0)
            {
                if (id >= 0 && pending >= 0)
                {
                    symbols[count++] = pending;
                    pending = -1;
                }
                if (id >= 0) symbols[count++] = id;
                foreach (var b in bytes[..fallen]) symbols[count++] = b;
            }
            else
            {
                // Neighbours that the vocabulary lacks are one unknown token or one each; without an unknown token they vanish, as in the reference.
                if (pending >= 0 && !_fuseUnknown) symbols[count++] = pending;
                pending = _unknown;
            }
            at += units;
        }
        if (pending >= 0) symbols[count++] = pending;
        return count;
    }

    private ReadOnlySpan<char> Affixed(ReadOnlySpan<char> piece, int at, int units)
    {
        var part = piece.Slice(at, units);
        if (_prefix.Length > 0 && at > 0) part = _prefix + part.ToString();
        return _suffix.Length > 0 && at + units == piece.Length ? part.ToString() + _suffix : part;
    }

    private int Symbol(ReadOnlySpan<char> piece, int at, out int units)
    {
        var c = piece[at];
        units = char.IsHighSurrogate(c) && at + 1 < piece.Length && char.IsLowSurrogate(piece[at + 1]) ? 2 : 1;
        if (c < 128 && _prefix.Length == 0 && _suffix.Length == 0) return _ascii[c];
        var part = Affixed(piece, at, units);
        Span<byte> utf8 = stackalloc byte[4 + 3 * 2 * MaxAffix];
        return Vocabulary.Find(utf8[..Encoding.UTF8.GetBytes(part, utf8)]);
    }

    // The ids of a character's bytes; none unless all of them are tokens.
    private int Fallback(ReadOnlySpan<char> part, Span<int> ids)
    {
        if (_fallback is null) return 0;
        Span<byte> utf8 = stackalloc byte[4 + 3 * 2 * MaxAffix];
        var length = Encoding.UTF8.GetBytes(part, utf8);
        for (var i = 0; i < length; i++)
        {
            ids[i] = _fallback[utf8[i]];
            if (ids[i] < 0) return 0;
        }
        return length;
    }

    private void Join(Span<int> symbols, IdList ids)
    {
        if (symbols.Length <= OnStack) JoinFew(symbols, ids);
        else PairQueue.Join(symbols, _merges, ids);
    }

    // The rank of every pair stands beside it; the lowest is found by looking at all, which beats a queue while there are few.
    [SkipLocalsInit]
    private void JoinFew(Span<int> symbols, IdList ids)
    {
        var count = symbols.Length;
        if (count > 1)
        {
            Span<(int Rank, int Id)> pairs = stackalloc (int, int)[OnStack];
            for (var i = 0; i + 1 < count; i++) pairs[i] = Pair(symbols[i], symbols[i + 1]);
            while (count > 1)
            {
                var (best, at) = (int.MaxValue, -1);
                for (var i = 0; i + 1 < count; i++)
                {
                    if (pairs[i].Rank < best) (best, at) = (pairs[i].Rank, i);
                }
                if (at < 0) break;
                symbols[at] = pairs[at].Id;
                symbols[(at + 2)..count].CopyTo(symbols[(at + 1)..]);
                if (at + 2 < count) pairs[(at + 2)..count].CopyTo(pairs[(at + 1)..]);
                count--;
                if (at > 0) pairs[at - 1] = Pair(symbols[at - 1], symbols[at]);
                if (at + 1 < count) pairs[at] = Pair(symbols[at], symbols[at + 1]);
            }
        }
        ids.Add(symbols[..count]);
    }

    private (int Rank, int Id) Pair(int left, int right) => _merges.Get(left, right, out var id) is >= 0 and var rank ? (rank, id) : (int.MaxValue, 0);
}
