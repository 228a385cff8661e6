using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.PreTokenizers;

/// <summary>Cuts at the matches of a pattern, in the way a behaviour says.</summary>
/// <param name="pattern">What is sought.</param>
/// <param name="behavior">What becomes of its matches.</param>
/// <param name="invert">Whether what lies between the matches counts as the match, and the other way round.</param>
internal sealed class SplitPreTokenizer(Expression pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    public void Split(ReadOnlySpan<char> piece, bool atStart, IPieceSink sink) => Split(pattern, behavior, invert, piece, atStart, sink);

    /// <summary>Cuts one piece.</summary>
    public static void Split(Expression pattern, SplitBehavior behavior, bool invert, ReadOnlySpan<char> piece, bool atStart, IPieceSink sink)
    {
        var matches = pattern.Matches(piece);
        var from = 0;
        if (behavior == SplitBehavior.Isolated)
        {
            while (matches.MoveNext())
            {
                if (matches.Start > from) sink.Add(piece[from..matches.Start], atStart && from == 0);
                if (matches.End > matches.Start) sink.Add(piece[matches.Start..matches.End], atStart && matches.Start == 0);
                from = matches.End;
            }
            if (from < piece.Length) sink.Add(piece[from..], atStart && from == 0);
            return;
        }
        var merger = new Merger(piece, atStart, behavior, sink);
        while (matches.MoveNext())
        {
            if (matches.Start > from) merger.Add(from, matches.Start, invert);
            merger.Add(matches.Start, matches.End, !invert);
            from = matches.End;
        }
        if (from < piece.Length) merger.Add(from, piece.Length, invert);
        merger.Flush();
    }

    // Holds the last span back until it is known whether the next one joins it. An empty match is no piece, but what comes after it sees a match before it.
    private ref struct Merger(ReadOnlySpan<char> piece, bool atStart, SplitBehavior behavior, IPieceSink sink)
    {
        private readonly ReadOnlySpan<char> _piece = piece;
        private int _start, _end;
        private bool _held, _match;

        public void Add(int start, int end, bool match)
        {
            var joins = _held && behavior switch
            {
                SplitBehavior.MergedWithPrevious => match && !_match,
                SplitBehavior.MergedWithNext => !match && _match,
                SplitBehavior.Contiguous => match == _match,
                _ => false,
            };
            if (joins) _end = end;
            else
            {
                Flush();
                (_start, _end, _held) = (start, end, true);
            }
            _match = match;
        }

        public void Flush()
        {
            if (_held && _end > _start && !(behavior == SplitBehavior.Removed && _match)) sink.Add(_piece[_start.._end], atStart && _start == 0);
            _held = false;
        }
    }
}
