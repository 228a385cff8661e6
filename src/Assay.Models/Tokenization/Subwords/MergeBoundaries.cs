namespace Assay.Tokenization.Subwords;

/// <summary>Which neighbouring symbols can ever end up in one token. Between all others a text can be cut before it is joined, with the same result.</summary>
/// <remarks>
/// Joining two tokens puts the last symbol of the left one beside the first of the right one; a pair that no merge brings together so is never crossed.
/// Tokens that are symbols of their own as well as results, or that are made in two ways of different symbols, would make this wrong; where there are any, nothing is cut.
/// </remarks>
internal sealed class MergeBoundaries(MergeList merges, TokenVocabulary vocabulary, int[]? fallback)
{
    private readonly Lazy<PairTable?> _table = new(() => Build(merges, vocabulary, fallback));

    /// <summary>The pairs of symbols that may meet inside a token; null where that is not known. Built when first asked for.</summary>
    public PairTable? Table => _table.Value;

    private static PairTable? Build(MergeList merges, TokenVocabulary vocabulary, int[]? fallback)
    {
        // From the shortest result on, so that both halves are known when they are needed.
        var order = new int[merges.Count];
        var lengths = new int[merges.Count];
        for (var i = 0; i < order.Length; i++)
        {
            merges.Halves(i, out var a, out var b);
            (order[i], lengths[i]) = (i, a.Length + b.Length);
        }
        Array.Sort(lengths, order);
        Dictionary<int, (int First, int Last)> ends = [];
        var met = new PairTable(merges.Count / 2);
        Span<byte> text = stackalloc byte[256];
        foreach (var rank in order)
        {
            merges.Halves(rank, out var left, out var right);
            if (left.Length + right.Length > text.Length) return null;
            left.CopyTo(text);
            right.CopyTo(text[left.Length..]);
            var (a, b, joined) = (vocabulary.Find(left), vocabulary.Find(right), vocabulary.Find(text[..(left.Length + right.Length)]));
            var (first, middle) = ends.TryGetValue(a, out var l) ? l : (a, a);
            var (next, last) = ends.TryGetValue(b, out var r) ? r : (b, b);
            met.Set(middle, next, 0, 0);
            if (!ends.TryAdd(joined, (first, last)) && ends[joined] != (first, last)) return null;
        }
        // A result that is one character, or stands for a byte, is a symbol too.
        foreach (var id in fallback ?? [])
        {
            if (ends.ContainsKey(id)) return null;
        }
        return met;
    }
}
