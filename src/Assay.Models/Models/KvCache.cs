using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>What a sequence's tokens leave behind in every layer: pages of keys and values, some of which other sequences may share, and the states of recurrent layers.</summary>
/// <remarks>A pass that was cancelled leaves states and renewed sequences half done; such a cache refuses to be continued.</remarks>
public sealed unsafe class KvCache : IDisposable
{
    private readonly List<KvPage> _pages = [];
    private readonly List<int> _tokens = []; // Kept where the sequence may have to be read anew.
    private readonly FloatBuffer?[] _states;
    private readonly KvPool _pool;
    private readonly bool _ownsPool;
    private readonly bool _keepsTokens;
    private int _rotation; // As TransformerSpec.RotationOf names it: what the keys were rotated by.
    private bool _halfDone;

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
        _keepsTokens = pool.Spec.RotationOf(int.MaxValue) != 0;
        _states = new FloatBuffer?[pool.Spec.Layers.Length];
        Capacity = capacity;
    }

    /// <summary>Positions that may be filled.</summary>
    public int Capacity { get; }

    /// <summary>Positions that are filled.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that a cache of so many positions takes.</summary>
    public static long Bytes(TransformerSpec spec, int capacity) => KvPool.PageBytes(spec) * KeyValueLayout.Pages(capacity) + GatedDelta.StateBytes(spec);

    /// <summary>How many of the first positions another sequence can take over: those asked for, or, where a state stands for all positions at once, all of this one's or none.</summary>
    public int Shareable(int positions) => !_pool.Spec.IsRecurrent ? Math.Min(positions, Length) : positions >= Length ? Length : 0;

    /// <summary>A cache that begins with this one's first positions: whole pages are shared, the last one is copied.</summary>
    /// <param name="positions">As <see cref="Shareable"/> allows.</param>
    /// <param name="capacity">Positions there may be.</param>
    public KvCache Fork(int positions, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Math.Min(Length, capacity));
        ArgumentOutOfRangeException.ThrowIfNotEqual(positions, Shareable(positions));
        var fork = new KvCache(_pool, capacity) { Length = positions, _rotation = _rotation };
        if (_keepsTokens) fork._tokens.AddRange(_tokens[..positions]);
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

        for (var l = 0; l < _states.Length && positions > 0; l++)
        {
            if (_states[l] is not { } state) continue;
            fork._states[l] = new FloatBuffer(state.Capacity);
            new ReadOnlySpan<float>(state.Data, checked((int)state.Capacity)).CopyTo(new Span<float>(fork._states[l]!.Data, (int)state.Capacity));
        }

        return fork;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        if (_ownsPool) _pool.Dispose();
    }

    /// <summary>All tokens of the sequence, if it must be read anew to grow by some, since its keys were rotated otherwise; null if it need not. The cache is then empty.</summary>
    /// <param name="tokens">Those to come.</param>
    /// <param name="rotation">What all keys will have to be rotated by.</param>
    internal int[]? Renewed(ReadOnlyMemory<int> tokens, int rotation)
    {
        if (_halfDone) throw new InvalidOperationException("The cache's last pass was cancelled or failed half-way. Start the sequence again with a new cache.");
        var same = rotation == _rotation || Length == 0 || tokens.IsEmpty;
        if (!tokens.IsEmpty) _rotation = rotation;
        if (same) return null;
        int[] all = [.. _tokens, .. tokens.Span];
        Clear();
        _halfDone = true; // Until the pass that is to come has ended.
        return all;
    }

    /// <summary>A pass begins.</summary>
    internal void Begin() => _halfDone = _keepsTokens || _pool.Spec.IsRecurrent;

    /// <summary>A pass over some tokens has come to its end.</summary>
    internal void End(ReadOnlyMemory<int> tokens)
    {
        _halfDone = false;
        Length += tokens.Length;
        if (_keepsTokens) _tokens.AddRange(tokens.Span);
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

    /// <summary>A recurrent layer's state, zero before the first token.</summary>
    internal float* State(int layer)
    {
        if (_states[layer] is { } state) return state.Data;
        var floats = GatedDelta.StateFloats(_pool.Spec.Layers[layer].Attention);
        _states[layer] = state = new FloatBuffer(floats);
        new Span<float>(state.Data, checked((int)floats)).Clear();
        return state.Data;
    }

    private void Clear()
    {
        foreach (var page in _pages) _pool.Return(page);
        _pages.Clear();
        _tokens.Clear();
        Length = 0;
        for (var l = 0; l < _states.Length; l++)
        {
            _states[l]?.Dispose();
            _states[l] = null;
        }
    }
}
