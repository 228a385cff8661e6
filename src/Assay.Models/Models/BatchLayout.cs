using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>Where each sequence's tokens stand in a batch of rows.</summary>
internal sealed class BatchLayout
{
    public BatchLayout(IReadOnlyList<Segment> segments, TransformerSpec spec)
    {
        var asked = segments.Select(s => s.Tokens.Length).ToArray();
        Segments = segments = [.. segments.Select(s => Renew(s, spec))];
        FirstRow = new int[segments.Count];
        long rows = 0;
        foreach (var segment in segments) rows += segment.Tokens.Length;
        Rows = checked((int)rows);
        Tokens = new int[Rows];
        Positions = new int[Rows];
        SegmentOf = new int[Rows];
        var row = 0;
        for (var s = 0; s < segments.Count; s++)
        {
            FirstRow[s] = row;
            var tokens = segments[s].Tokens.Span;
            var before = segments[s].Cache?.Length ?? 0;
            if (segments[s].Cache is { } cache && before + (long)tokens.Length > cache.Capacity)
                throw new ArgumentException($"Sequence {s} grows to {before + tokens.Length} tokens; its cache holds {cache.Capacity}.", nameof(segments));
            if (spec.PositionEmbedding is not null && before + (long)tokens.Length > spec.MaxPositions)
                throw new InvalidInputException($"A sequence has {before + tokens.Length} tokens; the model has {spec.MaxPositions} learned positions. Shorten the text or the context.");
            for (var i = 0; i < tokens.Length; i++, row++)
            {
                if ((uint)tokens[i] >= (uint)spec.VocabularySize)
                    throw new InvalidInputException($"Token id {tokens[i]} at position {before + i} is outside the model's vocabulary of {spec.VocabularySize}. The tokenizer and the model do not belong together.");
                Tokens[row] = tokens[i];
                Positions[row] = before + i;
                SegmentOf[row] = s;
            }

            // Of a segment that is read anew, the last rows.
            Asked.Add((row - asked[s], asked[s]));
            RowsAsked += asked[s];
            IsEdited |= segments[s].Edits is not null;
            if (segments[s].Cache is { } grown) Caches.Add((grown, segments[s].Tokens));
        }
    }

    private static Segment Renew(Segment segment, TransformerSpec spec)
    {
        if (segment.Cache is not { } cache) return segment;
        var all = cache.Renewed(segment.Tokens, spec.RotationOf(cache.Length + segment.Tokens.Length));
        return all is null ? segment : segment with { Tokens = all };
    }

    /// <summary>The segments; those whose sequences must be read anew with all of their tokens.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Whether any segment has edits.</summary>
    public bool IsEdited { get; }

    /// <summary>Rows that the caller asked for: (first, count) for each segment.</summary>
    public List<(int First, int Count)> Asked { get; } = [];

    /// <summary>Their number.</summary>
    public int RowsAsked { get; private set; }

    /// <summary>The segments' caches with the tokens that they come to hold.</summary>
    public List<(KvCache Cache, ReadOnlyMemory<int> Tokens)> Caches { get; } = [];

    /// <summary>Rows of the batch.</summary>
    public int Rows { get; }

    /// <summary>First row of each segment.</summary>
    public int[] FirstRow { get; }

    /// <summary>(rows,): token ids.</summary>
    public int[] Tokens { get; }

    /// <summary>(rows,): positions in their sequences.</summary>
    public int[] Positions { get; }

    /// <summary>(rows,): segments they belong to.</summary>
    public int[] SegmentOf { get; }

    /// <summary>Tokens of a segment's sequence, those before it included.</summary>
    public int LengthOf(int segment) => (Segments[segment].Cache?.Length ?? 0) + Segments[segment].Tokens.Length;

    /// <summary>Cuts every segment into pieces of at most so many queries: (segment, first, count), those with the longest way back first.</summary>
    public List<(int Segment, int First, int Count)> Tasks(int most)
    {
        var tasks = new List<(int Segment, int First, int Count)>();
        for (var s = 0; s < Segments.Count; s++)
            for (var first = 0; first < Segments[s].Tokens.Length; first += most)
                tasks.Add((s, first, Math.Min(most, Segments[s].Tokens.Length - first)));
        tasks.Sort((a, b) => Work(b).CompareTo(Work(a)));
        return tasks;

        long Work((int Segment, int First, int Count) task) => (Positions[FirstRow[task.Segment]] + task.First + task.Count / 2 + 1L) * task.Count;
    }
}
