using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Scoring;

/// <summary>Texts that are forwarded together, and where the rows stand that predict their scored tokens.</summary>
internal sealed unsafe class ScoringBatch
{
    private readonly List<Segment> _segments = [];

    /// <summary>(text, index of the scored token, row that predicts it), in the order of texts and tokens.</summary>
    public List<(int Text, int Index, int Row)> Picks { get; } = [];

    /// <summary>Rows forwarded.</summary>
    public int Rows { get; private set; }

    /// <summary>How texts go through models of so wide residual streams.</summary>
    /// <param name="texts">What will be scored.</param>
    /// <param name="memoryBytes">Memory allowed.</param>
    /// <param name="hidden">Width of the one, or both widths.</param>
    public static StreamPlan Plan(IReadOnlyList<ScoredText> texts, long memoryBytes, params ReadOnlySpan<int> hidden)
    {
        long rows = 0, longest = 0;
        foreach (var text in texts)
        {
            rows += text.Tokens.Length;
            longest = Math.Max(longest, text.Tokens.Length);
        }

        return Plan(rows, longest, memoryBytes, hidden);
    }

    /// <summary>The same, of texts yet to be written.</summary>
    public static StreamPlan Plan(long rows, long longest, long memoryBytes, params ReadOnlySpan<int> hidden)
    {
        long widest = 0, all = 0;
        foreach (var width in hidden)
        {
            widest = Math.Max(widest, width);
            all += width;
        }

        // The stream itself and, of two models, what they have in common; then the rows that are kept of each.
        return StreamPlan.Of(memoryBytes, rows, longest, sizeof(float) * (hidden.Length * widest + all));
    }

    /// <summary>Cuts texts into batches of at most so many rows, or of one text where it alone is longer.</summary>
    public static IEnumerable<ScoringBatch> Cut(IReadOnlyList<ScoredText> texts, long limit) => Cut(texts, texts, limit).Select(b => b.First);

    /// <summary>Cuts texts that two models read differently, in the same places; one batch stands for both where the texts are the same.</summary>
    /// <param name="texts">What the first model reads.</param>
    /// <param name="others">What the second does: of each text as many scored tokens.</param>
    /// <param name="limit">Rows of a batch.</param>
    public static IEnumerable<(ScoringBatch First, ScoringBatch Second)> Cut(IReadOnlyList<ScoredText> texts, IReadOnlyList<ScoredText> others, long limit)
    {
        ScoringBatch Other(ScoringBatch batch) => ReferenceEquals(texts, others) ? batch : new ScoringBatch();
        var first = new ScoringBatch();
        var second = Other(first);
        for (var t = 0; t < texts.Count; t++)
        {
            if (first.Rows > 0 && Math.Max(first.Rows + Read(texts[t]), second.Rows + Read(others[t])) > limit)
            {
                yield return (first, second);
                first = new ScoringBatch();
                second = Other(first);
            }

            first.Add(t, texts[t]);
            if (!ReferenceEquals(first, second)) second.Add(t, others[t]);
        }

        if (first.Rows > 0) yield return (first, second);
    }

    // The last token is scored, not read.
    private static int Read(ScoredText text) => Math.Max(0, text.Tokens.Length - 1);

    private void Add(int number, ScoredText text)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(text.FirstScored, 1);
        for (var i = text.FirstScored; i < text.Tokens.Length; i++) Picks.Add((number, i, Rows + i - 1));
        _segments.Add(new Segment(text.Tokens.AsMemory(0, Read(text))));
        Rows += Read(text);
    }

    /// <summary>Forwards the batch and keeps the rows that predict: (picks, d).</summary>
    /// <param name="model">Which model.</param>
    /// <param name="all">Room for all rows.</param>
    /// <param name="picked">Filled.</param>
    /// <param name="shared">First layers in common with another model that reads the same batch; null for none.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public void Forward(LanguageModel model, FloatBuffer all, FloatBuffer picked, SharedLayers? shared, CancellationToken cancellation)
    {
        var width = model.Spec.HiddenSize;
        foreach (var segment in _segments) model.CheckLength(segment.Tokens.Length);
        model.Transformer.Forward(_segments, all, null, cancellation, shared);
        picked.Ensure(Math.Max(1, (long)Picks.Count * width));
        for (var i = 0; i < Picks.Count; i++) all.Rows(Picks[i].Row, 1, width).CopyTo(picked.Rows(i, 1, width));
    }
}
