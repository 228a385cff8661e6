namespace Assay.Tokenization.Subwords;

/// <summary>A growing list of token ids.</summary>
internal sealed class IdList
{
    private int[] _ids = new int[256];

    public int Count { get; private set; }

    /// <summary>What the text being encoded may still cost.</summary>
    public EncodingBudget Budget { get; set; } = new(1 << 24, 0, EncodingBudget.StandardMemory, CancellationToken.None);

    public void Add(int id)
    {
        if (Count == _ids.Length) Array.Resize(ref _ids, _ids.Length * 2);
        _ids[Count++] = id;
    }

    public void Add(ReadOnlySpan<int> ids)
    {
        if (Count + ids.Length > _ids.Length) Array.Resize(ref _ids, Math.Max(_ids.Length * 2, checked(Count + ids.Length)));
        ids.CopyTo(_ids.AsSpan(Count));
        Count += ids.Length;
    }

    public ReadOnlySpan<int> From(int start) => _ids.AsSpan(start, Count - start);

    /// <summary>Empties the list, and gives back the memory of an unusually long text.</summary>
    public void Clear()
    {
        Count = 0;
        if (_ids.Length > 1 << 16) _ids = new int[256];
    }
}
