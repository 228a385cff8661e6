using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>Byte-pair encoding: joins the pair of neighbours that was learnt earliest until none is left, Sennrich et al. 2016 (arXiv 1508.07909).</summary>
internal sealed class BytePairModel : ITokenModel
{
    private const int MaxAffix = 16;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<ulong, (int Rank, int Id)> _merges;
    private readonly int[] _bytes = new int[256];
    private readonly int? _unknown;
    private readonly bool _byteFallback, _fuseUnknown, _ignoreMerges;
    private readonly string _prefix, _suffix;

    private BytePairModel(Component component, Dictionary<string, int> vocabulary)
    {
        _vocabulary = vocabulary;
        if (component.Get("dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            component.Problem($"'dropout' = {Component.Shorten(dropout.GetRawText())} makes ids random and is not supported.");
        _prefix = component.Text("continuing_subword_prefix") ?? "";
        _suffix = component.Text("end_of_word_suffix") ?? "";
        if (_prefix.Length > MaxAffix || _suffix.Length > MaxAffix) component.Problem($"a subword prefix or suffix is longer than {MaxAffix} characters.");
        _byteFallback = component.Flag("byte_fallback", false);
        _fuseUnknown = component.Flag("fuse_unk", false);
        _ignoreMerges = component.Flag("ignore_merges", false);
        if (component.Text("unk_token") is { } unknown)
        {
            if (vocabulary.TryGetValue(unknown, out var id)) _unknown = id;
            else component.Problem($"'unk_token' = '{Component.Shorten(unknown)}' is not in the vocabulary.");
        }
        for (var b = 0; b < 256; b++) _bytes[b] = vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), -1);
        _merges = Merges(component);
        component.Done();
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public static BytePairModel Create(Component component, Dictionary<string, int> vocabulary) => new(component, vocabulary);

    public void Encode(string piece, List<int> into)
    {
        if (_ignoreMerges && _vocabulary.TryGetValue(piece, out var whole))
        {
            into.Add(whole);
            return;
        }
        var symbols = Symbols(piece);
        if (symbols.Count > 1) Join(symbols, into);
        else into.AddRange(symbols);
    }

    private List<int> Symbols(string piece)
    {
        List<int> symbols = new(piece.Length);
        int? pending = null;
        Span<byte> utf8 = stackalloc byte[4];
        var lookup = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < piece.Length;)
        {
            CodePoints.At(piece, i, out var length);
            var part = piece.AsSpan(i, length);
            if (_prefix.Length > 0 && i > 0) part = _prefix + part.ToString();
            if (_suffix.Length > 0 && i + length == piece.Length) part = part.ToString() + _suffix;
            if (lookup.TryGetValue(part, out var id))
            {
                if (pending is { } unknown) symbols.Add(unknown);
                pending = null;
                symbols.Add(id);
            }
            else if (!_byteFallback || !AddBytes(piece.AsSpan(i, length), utf8, symbols, part))
            {
                // Neighbours that the vocabulary lacks are one unknown token or one each; without an unknown token they vanish, as in the reference.
                if (pending is { } unknown && !_fuseUnknown) symbols.Add(unknown);
                pending = _unknown;
            }
            i += length;
        }
        if (pending is { } last) symbols.Add(last);
        return symbols;
    }

    private bool AddBytes(ReadOnlySpan<char> characters, Span<byte> utf8, List<int> symbols, ReadOnlySpan<char> withAffixes)
    {
        if (withAffixes.Length != characters.Length)
        {
            foreach (var b in Encoding.UTF8.GetBytes(withAffixes.ToString()))
            {
                if (_bytes[b] < 0) return false;
            }
            foreach (var b in Encoding.UTF8.GetBytes(withAffixes.ToString())) symbols.Add(_bytes[b]);
            return true;
        }
        var count = Encoding.UTF8.GetBytes(characters, utf8);
        foreach (var b in utf8[..count])
        {
            if (_bytes[b] < 0) return false;
        }
        foreach (var b in utf8[..count]) symbols.Add(_bytes[b]);
        return true;
    }

    // A queue of joinable pairs by rank, then position, over a linked list of symbols: n log n, whatever the piece.
    private void Join(List<int> symbols, List<int> into)
    {
        var count = symbols.Count;
        var ids = symbols.ToArray();
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int Position, int Id), ulong>();
        for (var i = 0; i < count; i++) (previous[i], next[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
        for (var i = 0; i + 1 < count; i++) Offer(ids, next, i, queue);
        while (queue.TryDequeue(out var entry, out _))
        {
            var (at, joined) = entry;
            if (ids[at] < 0 || next[at] < 0) continue;
            var other = next[at];
            if (!_merges.TryGetValue(Pair(ids[at], ids[other]), out var merge) || merge.Id != joined) continue;
            ids[at] = joined;
            ids[other] = -1;
            next[at] = next[other];
            if (next[at] >= 0) previous[next[at]] = at;
            if (previous[at] >= 0) Offer(ids, next, previous[at], queue);
            if (next[at] >= 0) Offer(ids, next, at, queue);
        }
        for (var i = 0; i >= 0; i = next[i]) into.Add(ids[i]);
    }

    private void Offer(int[] ids, int[] next, int at, PriorityQueue<(int, int), ulong> queue)
    {
        if (_merges.TryGetValue(Pair(ids[at], ids[next[at]]), out var merge)) queue.Enqueue((at, merge.Id), (ulong)(uint)merge.Rank << 32 | (uint)at);
    }

    private static ulong Pair(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private Dictionary<ulong, (int Rank, int Id)> Merges(Component component)
    {
        if (component.Get("merges") is not { ValueKind: JsonValueKind.Array } list)
        {
            component.Problem("'merges' must be a list.");
            return [];
        }
        Dictionary<ulong, (int, int)> merges = new(list.GetArrayLength());
        var rank = 0;
        var bad = 0;
        foreach (var item in list.EnumerateArray())
        {
            var (left, right) = Halves(item);
            if (left is null || right is null)
            {
                if (bad++ < 3) component.Problem($"merges[{rank}] is neither two tokens nor 'left right': {Component.Shorten(item.GetRawText())}.");
            }
            else if (_vocabulary.TryGetValue(left, out var a) && _vocabulary.TryGetValue(right, out var b)
                && right.StartsWith(_prefix, StringComparison.Ordinal) && _vocabulary.TryGetValue(left + right[_prefix.Length..], out var joined))
                merges[Pair(a, b)] = (rank, joined);
            else if (bad++ < 3) component.Problem($"merges[{rank}] names or makes a token that the vocabulary lacks: {Component.Shorten(item.GetRawText())}.");
            rank++;
        }
        if (bad > 3) component.Problem($"{bad - 3} more merges are wrong.");
        return merges;
    }

    private static (string? Left, string? Right) Halves(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.String)
        {
            var text = item.GetString()!;
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            return space < 0 || text.IndexOf(' ', space + 1) >= 0 ? default : (text[..space], text[(space + 1)..]);
        }
        return item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String
            ? (item[0].GetString(), item[1].GetString()) : default;
    }
}
