using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Search;

/// <summary>Some of the items as one branching batch: which rows are wanted, and what is read from them.</summary>
internal sealed class ScoringForest : IDisposable
{
    private readonly TokenForest _tokens;
    private readonly List<(int Node, int Token)> _asked = [];
    private readonly Dictionary<(int Node, int Token), int> _askedAt = [];
    private int[] _wanted = [];

    /// <param name="branches">Whether the model's batches may branch.</param>
    public ScoringForest(bool branches) => _tokens = new TokenForest(branches);

    /// <summary>Rows of the batch.</summary>
    public int Rows => _tokens.Rows;

    /// <summary>Pages of keys and values that one layer takes at most.</summary>
    public long Pages { get; private set; }

    /// <summary>Trigger items: index in the set, for each opening the questions whose answers are its tokens' log-probabilities; then the same for the refusals.</summary>
    public List<(int Item, int[][] Openings, int[][] Refusals)> Triggers { get; } = [];

    /// <summary>Benign items: index in the set, first and number of its rows among <see cref="Compared"/>.</summary>
    public List<(int Item, int First, int Count)> Benigns { get; } = [];

    /// <summary>The batch; of use after <see cref="Close"/>.</summary>
    public IReadOnlyList<Segment> Segments { get; private set; } = [];

    /// <summary>Rows of the batch that are wanted, ascending.</summary>
    public int[] Wanted => _wanted;

    /// <summary>Questions, what is the log-probability of a token after a row: index among the wanted rows, token.</summary>
    public (int Wanted, int Token)[] Questions { get; private set; } = [];

    /// <summary>Rows whose distributions are compared with the base's: indices among the wanted rows.</summary>
    public int[] Compared { get; private set; } = [];

    /// <summary>(compared rows, d): the base's head input there.</summary>
    public FloatBuffer Base { get; } = new();

    /// <summary>The unedited batch at the first edited writer, where it is kept.</summary>
    public PrefixState? State { get; set; }

    private List<int> ComparedNodes { get; } = [];

    /// <summary>Adds a trigger item.</summary>
    public void Add(int index, TriggerItem item, IReadOnlyList<RefusalOpening> refusals) =>
        Triggers.Add((index, [.. item.Openings.Select(o => Ask(item.Prompt.AsSpan(), o.AsSpan()))], [.. refusals.Select(r => Ask(item.Prompt.AsSpan(), r.Tokens.AsSpan()))]));

    /// <summary>Adds a benign item.</summary>
    public void Add(int index, BenignItem item)
    {
        var path = Path([.. item.Prompt, .. item.Answer.AsSpan(0, item.Positions - 1)]);
        Benigns.Add((index, ComparedNodes.Count, item.Positions));
        ComparedNodes.AddRange(path.AsSpan(item.Prompt.Length - 1));
    }

    /// <summary>No item follows.</summary>
    public void Close()
    {
        Segments = _tokens.Segments();
        _wanted = [.. _asked.Select(q => _tokens.RowOf(q.Node)).Concat(ComparedNodes.Select(_tokens.RowOf)).Distinct().Order()];
        Questions = [.. _asked.Select(q => (Array.BinarySearch(_wanted, _tokens.RowOf(q.Node)), q.Token))];
        Compared = [.. ComparedNodes.Select(n => Array.BinarySearch(_wanted, _tokens.RowOf(n)))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Base.Dispose();
        State?.Dispose();
    }

    /// <summary>The questions whose answers add up to an opening's log-probability.</summary>
    private int[] Ask(ReadOnlySpan<int> prompt, ReadOnlySpan<int> opening)
    {
        var path = Path([.. prompt, .. opening[..^1]]);
        var questions = new int[opening.Length];
        for (var i = 0; i < opening.Length; i++)
        {
            var question = (path[prompt.Length - 1 + i], opening[i]);
            if (!_askedAt.TryGetValue(question, out questions[i]))
            {
                _askedAt[question] = questions[i] = _asked.Count;
                _asked.Add(question);
            }
        }

        return questions;
    }

    private int[] Path(int[] tokens)
    {
        var ends = _tokens.Ends;
        var path = _tokens.Add(tokens);
        if (_tokens.Ends > ends) Pages += KeyValueLayout.Pages(tokens.Length);
        return path;
    }
}
