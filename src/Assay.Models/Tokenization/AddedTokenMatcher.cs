using System.Buffers;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>Finds added tokens in text: leftmost, then longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Node _root = new();
    private readonly SearchValues<char>? _first;

    public AddedTokenMatcher(IEnumerable<(string Pattern, AddedToken Token)> tokens)
    {
        foreach (var (pattern, token) in tokens)
        {
            if (pattern.Length == 0) continue;
            var node = _root;
            foreach (var c in pattern)
            {
                if (!node.Next.TryGetValue(c, out var next)) node.Next[c] = next = new Node();
                node = next;
            }
            node.Token ??= token;
        }
        if (_root.Next.Count > 0) _first = SearchValues.Create([.. _root.Next.Keys]);
    }

    /// <summary>Cuts a text into stretches without added tokens, and added tokens.</summary>
    public List<(int Start, int Length, AddedToken? Token)> Split(ReadOnlySpan<char> text)
    {
        List<(int, int, AddedToken?)> result = [];
        var from = 0;
        for (var at = 0; _first is not null && at < text.Length;)
        {
            var skip = text[at..].IndexOfAny(_first);
            if (skip < 0) break;
            at += skip;
            var (token, end) = Longest(text, at);
            if (token is null)
            {
                at++;
                continue;
            }
            var start = at;
            at = end;
            if (token.SingleWord && ((start > 0 && IsWord(CodePoints.Before(text, start))) || (end < text.Length && IsWord(CodePoints.At(text, end, out _))))) continue;
            if (token.LeftStrip)
            {
                while (start > from && CodePoints.IsSpace(text[start - 1])) start--;
            }
            if (token.RightStrip)
            {
                while (end < text.Length && CodePoints.IsSpace(text[end])) end++;
            }
            if (start > from) result.Add((from, start - from, null));
            result.Add((start, end - start, token));
            from = Math.Max(from, end);
        }
        if (from < text.Length) result.Add((from, text.Length - from, null));
        return result;
    }

    // The reference asks the Rust regex crate here, whose \w has the joiners and lacks Latin-1's superscripts and fractions.
    private static bool IsWord(int point) => point is 0x200C or 0x200D || (CodePoints.IsWord(point) && point is not (0xB2 or 0xB3 or 0xB9 or (>= 0xBC and <= 0xBE)));

    private (AddedToken? Token, int End) Longest(ReadOnlySpan<char> text, int at)
    {
        AddedToken? found = null;
        var end = at;
        var node = _root;
        for (var i = at; i < text.Length && node.Next.TryGetValue(text[i], out var next); i++)
        {
            node = next;
            if (node.Token is not null) (found, end) = (node.Token, i + 1);
        }
        return (found, end);
    }

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
