using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>Where each sequence's tokens stand in a batch of rows.</summary>
internal sealed class BatchLayout
{
    private readonly int[] _starts; // Position of each segment's first token.
    private readonly bool[] _heirs = []; // Whether a segment writes on in the last page of the one that it continues; the others copy it.

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
        _starts = new int[segments.Count];
        var depths = new int[segments.Count];
        var row = 0;
        for (var s = 0; s < segments.Count; s++)
        {
            FirstRow[s] = row;
            var tokens = segments[s].Tokens.Span;
            var parent = segments[s].Parent;
            if (parent >= 0)
            {
                if (parent >= s || segments[s].Cache is not null || segments[parent].Cache is not null || !ReferenceEquals(segments[s].Edits, segments[parent].Edits))
                    throw new ArgumentException($"Sequence {s} continues {parent}: that must come before it, neither may have a cache, both have the same edits.", nameof(segments));
                depths[s] = depths[parent] + 1;
                IsTree = true;
            }

            var before = parent >= 0 ? LengthOf(parent) : segments[s].Cache?.Length ?? 0;
            _starts[s] = before;
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

        if (!IsTree) return;
        _heirs = new bool[segments.Count];
        var inherited = new bool[segments.Count];
        for (var s = 0; s < segments.Count; s++)
        {
            if (segments[s].Parent is not (>= 0 and var parent) || segments[s].Tokens.IsEmpty || inherited[parent]) continue;
            (_heirs[s], inherited[parent]) = (true, true);
        }

        var longest = Enumerable.Range(0, segments.Count).Max(LengthOf);
        if (!spec.CanBranch(longest)) throw new ArgumentException("This model's sequences cannot share a beginning within a batch.", nameof(segments));
        Levels = [.. Enumerable.Range(0, segments.Count).Where(s => segments[s].Parent >= 0).GroupBy(s => depths[s]).OrderBy(g => g.Key).Select(g => g.ToArray())];
    }

    private BatchLayout(BatchLayout whole, int[] rows)
    {
        Source = rows;
        Segments = whole.Segments;
        IsEdited = whole.IsEdited;
        FirstRow = [];
        _starts = whole._starts;
        Rows = rows.Length;
        Tokens = [.. rows.Select(r => whole.Tokens[r])];
        Positions = [.. rows.Select(r => whole.Positions[r])];
        SegmentOf = [.. rows.Select(r => whole.SegmentOf[r])];
        Asked.Add((0, Rows));
        RowsAsked = Rows;
    }

    /// <summary>Some of the rows, in ascending order, for what comes after the last keys and values.</summary>
    public BatchLayout Only(int[] rows) => new(this, rows);

    private static Segment Renew(Segment segment, TransformerSpec spec)
    {
        if (segment.Cache is not { } cache) return segment;
        var all = cache.Renewed(segment.Tokens, spec.RotationOf(cache.Length + segment.Tokens.Length));
        return all is null ? segment : segment with { Tokens = all };
    }

    /// <summary>The segments; those whose sequences must be read anew with all of their tokens.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Where these rows begin in the batch that they are a part of.</summary>
    public long FirstOfBatch { get; init; }

    /// <summary>Rows of that batch; 0 where this is no part.</summary>
    public long RowsOfBatch { get; set; }

    /// <summary>Whether any segment has edits.</summary>
    public bool IsEdited { get; }

    /// <summary>Where the rows stand in the layout that they are some of; empty where they are all.</summary>
    public int[] Source { get; } = [];

    /// <summary>Whether segments continue others of the batch.</summary>
    public bool IsTree { get; }

    /// <summary>Those that do, by how many they continue.</summary>
    public IReadOnlyList<int[]> Levels { get; } = [];

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
    public int LengthOf(int segment) => _starts[segment] + Segments[segment].Tokens.Length;

    /// <summary>Position of a segment's first token.</summary>
    public int StartOf(int segment) => _starts[segment];

    /// <summary>The page of a segment's first position is the last one of the segment that it continues: one of several may write on there.</summary>
    public bool IsHeir(int segment) => IsTree && _heirs[segment];

    /// <summary>Cuts every segment's rows into pieces of at most so many consecutive queries: (row, count), those with the longest way back first.</summary>
    public List<(int Row, int Count)> Tasks(int most)
    {
        var tasks = new List<(int Row, int Count)>();
        for (int row = 0, end; row < Rows; row = end)
        {
            for (end = row + 1; end < Rows && end - row < most && SegmentOf[end] == SegmentOf[row] && Positions[end] == Positions[end - 1] + 1; end++) { }
            tasks.Add((row, end - row));
        }

        tasks.Sort((a, b) => Work(b).CompareTo(Work(a)));
        return tasks;

        long Work((int Row, int Count) task) => (Positions[task.Row] + task.Count / 2 + 1L) * task.Count;
    }
}
