using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Keys and values of one sequence in every layer: a list of pages, some of which other sequences may share.</summary>
public sealed class KvCache : IDisposable
{
    private readonly List<KvPage> _pages = [];
    private readonly KvPool _pool;
    private readonly bool _ownsPool;

    /// <summary>An empty cache with pages of its own.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="capacity">Positions there may be.</param>
    public KvCache(TransformerSpec spec, int capacity)
        : this(new KvPool(spec), capacity) => _ownsPool = true;

    /// <summary>An empty cache whose pages come from a pool, which must outlive it.</summary>
    public KvCache(KvPool pool, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _pool = pool;
        Capacity = capacity;
    }

    /// <summary>Positions that may be filled.</summary>
    public int Capacity { get; }

    /// <summary>Positions that are filled.</summary>
    public int Length { get; internal set; }

    /// <summary>Bytes that a cache of so many positions takes.</summary>
    public static long Bytes(TransformerSpec spec, int capacity) => KvPool.PageBytes(spec) * KeyValueLayout.Pages(capacity);

    /// <summary>A cache that begins with this one's first positions: whole pages are shared, the last one is copied.</summary>
    /// <param name="positions">At most <see cref="Length"/>.</param>
    /// <param name="capacity">Positions there may be.</param>
    public KvCache Fork(int positions, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Math.Min(Length, capacity));
        var fork = new KvCache(_pool, capacity) { Length = positions };
        for (var p = 0; p < KeyValueLayout.Pages(positions); p++)
        {
            if ((p + 1) * KeyValueLayout.Positions > positions)
            {
                fork._pages.Add(_pool.Copy(_pages[p]));
                break;
            }

            _pages[p].Users++;
            fork._pages.Add(_pages[p]);
        }

        return fork;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var page in _pages) _pool.Return(page);
        _pages.Clear();
        if (_ownsPool) _pool.Dispose();
    }

    /// <summary>Makes room for positions up to <paramref name="length"/>.</summary>
    internal void Reserve(int length)
    {
        while (_pages.Count < KeyValueLayout.Pages(length)) _pages.Add(_pool.Rent());
    }

    /// <summary>Addresses of one layer's pages.</summary>
    internal nint[] Layer(int layer)
    {
        var addresses = new nint[_pages.Count];
        for (var i = 0; i < addresses.Length; i++) addresses[i] = _pool.Layer(_pages[i], layer);
        return addresses;
    }
}
