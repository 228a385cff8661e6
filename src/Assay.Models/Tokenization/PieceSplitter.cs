namespace Assay.Tokenization;

/// <summary>Cuts a piece at matches, in the way a behaviour says.</summary>
internal static class PieceSplitter
{
    public static void Split(Piece piece, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<Piece> into)
    {
        var text = piece.Text;
        if (matches.Count == 0 && !(invert && behavior == SplitBehavior.Removed))
        {
            into.Add(piece);
            return;
        }
        List<(int Start, int End, bool Match)> spans = new(matches.Count * 2 + 1);
        var from = 0;
        foreach (var (start, end) in matches)
        {
            if (start > from) spans.Add((from, start, invert));
            spans.Add((start, end, !invert));
            from = end;
        }
        if (from < text.Length) spans.Add((from, text.Length, invert));
        foreach (var (start, end) in Merge(spans, behavior))
        {
            if (end > start) into.Add(new Piece(text[start..end], piece.AtStart && start == 0));
        }
    }

    private static List<(int Start, int End)> Merge(List<(int Start, int End, bool Match)> spans, SplitBehavior behavior)
    {
        List<(int Start, int End)> result = new(spans.Count);
        var previous = false;
        switch (behavior)
        {
            case SplitBehavior.MergedWithNext:
                for (var i = spans.Count - 1; i >= 0; i--)
                {
                    var (start, end, match) = spans[i];
                    if (match && !previous && result.Count > 0) result[^1] = (start, result[^1].End);
                    else result.Add((start, end));
                    previous = match;
                }
                result.Reverse();
                break;
            default:
                for (var i = 0; i < spans.Count; i++)
                {
                    var (start, end, match) = spans[i];
                    var joins = behavior switch
                    {
                        SplitBehavior.MergedWithPrevious => match && !previous,
                        SplitBehavior.Contiguous => match == previous,
                        _ => false,
                    };
                    if (joins && result.Count > 0) result[^1] = (result[^1].Start, end);
                    else if (!match || behavior != SplitBehavior.Removed) result.Add((start, end));
                    previous = match;
                }
                break;
        }
        return result;
    }
}
