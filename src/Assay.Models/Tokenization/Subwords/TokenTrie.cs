namespace Assay.Tokenization.Subwords;

/// <summary>Tokens by their UTF-16 units, for finding all that a text begins with.</summary>
internal sealed class TokenTrie
{
    /// <summary>Longest token in UTF-16 units; looking up takes at most text × this.</summary>
    public const int MaxLength = 1024;

    private readonly PairTable _edges;
    private readonly List<int> _ids = [-1];

    /// <param name="nodes">About how many nodes there will be.</param>
    public TokenTrie(int nodes) => _edges = new PairTable(nodes);

    /// <summary>The node of the empty text.</summary>
    public const int Root = 0;

    /// <summary>Adds a token, in place of one of the same text.</summary>
    public void Add(ReadOnlySpan<char> token, int id)
    {
        var node = Root;
        foreach (var c in token)
        {
            var next = Next(node, c);
            if (next < 0)
            {
                next = _ids.Count;
                _ids.Add(-1);
                _edges.Set(node, c, next, 0);
            }
            node = next;
        }
        _ids[node] = id;
    }

    /// <summary>The node after one more unit, or -1.</summary>
    public int Next(int node, char unit) => _edges.Get(node, unit, out _);

    /// <summary>The token that ends at a node, or -1.</summary>
    public int IdAt(int node) => _ids[node];
}
