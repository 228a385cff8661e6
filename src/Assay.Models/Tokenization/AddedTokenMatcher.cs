using System.Buffers;
using Assay.Checkpoints;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>Finds added tokens in text: leftmost, then longest.</summary>
internal sealed class AddedTokenMatcher
{
    /// <summary>UTF-16 units of all added tokens together; the most that is known is less than a million.</summary>
    private const int MaxUnits = 1 << 21;

    private readonly Node _root = new();
    private readonly SearchValues<char>? _first;

    public AddedTokenMatcher(IEnumerable<(string Pattern, AddedToken Token)> tokens)
    {
        var units = 0L;
        foreach (var (pattern, token) in tokens)
        {
            if (pattern.Length == 0) continue;
            if ((units += pattern.Length) > MaxUnits) throw new InvalidInputException(
                $"The added tokens have more than {MaxUnits} characters together; the file is broken or hostile.");
            var node = _root;
            foreach (var c in pattern) node = node.After(c);
            node.Token ??= token;
        }
        if (_root.Units is { Count: > 0 } first) _first = SearchValues.Create([.. first]);
    }

    /// <summary>Cuts a text into stretches without added tokens, and added tokens.</summary>
    public List<(int Start, int Length, AddedToken? Token)> Split(ReadOnlySpan<char> text, EncodingBudget budget)
    {
        List<(int, int, AddedToken?)> result = [];
        var (from, looks) = (0, 0);
        for (var at = 0; _first is not null && at < text.Length;)
        {
            var skip = text[at..].IndexOfAny(_first);
            if (skip < 0) break;
            at += skip;
            if (++looks % 4096 == 0) budget.Check();
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
        for (var i = at; i < text.Length && node.Find(text[i]) is { } next; i++)
        {
            node = next;
            if (node.Token is not null) (found, end) = (node.Token, i + 1);
        }
        return (found, end);
    }

    private sealed class Node
    {
        // Most nodes have one child.
        private char _unit;
        private Node? _only;
        private Dictionary<char, Node>? _more;

        public AddedToken? Token { get; set; }

        public IReadOnlyCollection<char> Units => _more is not null ? _more.Keys : _only is null ? [] : [_unit];

        public Node? Find(char unit) => _more is not null ? _more.GetValueOrDefault(unit) : _unit == unit ? _only : null;

        public Node After(char unit)
        {
            if (Find(unit) is { } known) return known;
            var next = new Node();
            if (_more is not null) _more[unit] = next;
            else if (_only is null) (_unit, _only) = (unit, next);
            else (_more, _only) = (new() { [_unit] = _only, [unit] = next }, null);
            return next;
        }
    }
}
