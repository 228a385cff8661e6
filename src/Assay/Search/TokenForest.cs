using Assay.Models;

namespace Assay.Search;

/// <summary>Sequences as a forest of token runs, so that every common beginning is computed once.</summary>
internal sealed class TokenForest
{
    private readonly List<Node> _nodes = [];
    private readonly List<int> _roots = [];
    private readonly bool _branches;
    private int[]? _rows;

    /// <param name="branches">Whether the model's batches may branch; otherwise every sequence stands for itself.</param>
    public TokenForest(bool branches) => _branches = branches;

    /// <summary>Rows so far.</summary>
    public int Rows => _nodes.Count;

    /// <summary>Runs that begin at a branching, so far at most.</summary>
    public int Ends { get; private set; }

    /// <summary>Adds a sequence.</summary>
    /// <returns>Its tokens' nodes.</returns>
    public int[] Add(ReadOnlySpan<int> tokens)
    {
        var path = new int[tokens.Length];
        var (siblings, added) = (_roots, false);
        for (var i = 0; i < path.Length; i++)
        {
            var at = -1;
            if (_branches)
                foreach (var n in siblings)
                    if (_nodes[n].Token == tokens[i]) at = n;
            if (at < 0)
            {
                at = _nodes.Count;
                _nodes.Add(new Node(tokens[i], []));
                siblings.Add(at);
                added = true;
            }

            path[i] = at;
            siblings = _nodes[at].Children;
        }

        if (added) Ends++;
        return path;
    }

    /// <summary>The runs as segments of a batch, a run before those that continue it.</summary>
    public IReadOnlyList<Segment> Segments()
    {
        _rows = new int[_nodes.Count];
        var segments = new List<Segment>();
        var row = 0;
        // Depth first with a stack of its own: a sequence may have thousands of tokens.
        var open = new Stack<(int Node, int Parent)>();
        foreach (var root in Enumerable.Reverse(_roots)) open.Push((root, -1));
        while (open.TryPop(out var start))
        {
            var run = new List<int>();
            var node = start.Node;
            while (true)
            {
                run.Add(_nodes[node].Token);
                _rows[node] = row++;
                if (_nodes[node].Children.Count != 1) break;
                node = _nodes[node].Children[0];
            }

            var index = segments.Count;
            segments.Add(new Segment(run.ToArray(), Parent: start.Parent));
            foreach (var child in Enumerable.Reverse(_nodes[node].Children)) open.Push((child, index));
        }

        return segments;
    }

    /// <summary>Row of a node in the batch.</summary>
    public int RowOf(int node) => (_rows ?? throw new InvalidOperationException("The segments come first."))[node];

    private sealed record Node(int Token, List<int> Children);
}
