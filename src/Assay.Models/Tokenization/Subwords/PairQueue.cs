using System.Buffers;

namespace Assay.Tokenization.Subwords;

/// <summary>Joins many symbols: a heap of joinable pairs by rank, then position, over a linked list. Time n log n, whatever the symbols.</summary>
internal ref struct PairQueue
{
    // Symbols, two links, three places in the heap; rented arrays are up to twice as long.
    private const long BytesPerSymbol = 2 * (3 * sizeof(int) + 3 * sizeof(ulong));

    private const int JoinsBetweenChecks = 1 << 16;

    private readonly PairTable _merges;
    private readonly Span<int> _symbols, _next, _previous;

    // Rank << 32 | position. Each join adds at most two pairs to the first n - 1.
    private readonly Span<ulong> _heap;
    private int _count;

    private PairQueue(Span<int> symbols, PairTable merges, Span<int> next, Span<int> previous, Span<ulong> heap)
    {
        _symbols = symbols;
        _merges = merges;
        _next = next;
        _previous = previous;
        _heap = heap;
    }

    /// <summary>Joins symbols, which it uses up, and appends what is left.</summary>
    public static void Join(Span<int> symbols, PairTable merges, IdList ids)
    {
        var n = symbols.Length;
        ids.Budget.Memory(n, n * BytesPerSymbol);
        var (next, previous, heap) = (ArrayPool<int>.Shared.Rent(n), ArrayPool<int>.Shared.Rent(n), ArrayPool<ulong>.Shared.Rent(3 * n));
        new PairQueue(symbols, merges, next.AsSpan(0, n), previous.AsSpan(0, n), heap).Run(ids);
        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(previous);
        ArrayPool<ulong>.Shared.Return(heap);
    }

    private void Run(IdList ids)
    {
        for (var i = 0; i < _symbols.Length; i++) (_previous[i], _next[i]) = (i - 1, i + 1 < _symbols.Length ? i + 1 : -1);
        for (var i = 0; i + 1 < _symbols.Length; i++) Offer(i);
        for (var taken = 0; _count > 0; taken++)
        {
            if (taken % JoinsBetweenChecks == 0) ids.Budget.Check();
            var entry = Take();
            var (rank, at) = ((int)(entry >> 32), (int)(uint)entry);
            // What was joined since is gone, or makes a pair of another rank.
            if (_symbols[at] < 0 || _next[at] is < 0 || _merges.Get(_symbols[at], _symbols[_next[at]], out var joined) != rank) continue;
            var other = _next[at];
            _symbols[at] = joined;
            _symbols[other] = -1;
            _next[at] = _next[other];
            if (_next[at] >= 0) _previous[_next[at]] = at;
            if (_previous[at] >= 0) Offer(_previous[at]);
            if (_next[at] >= 0) Offer(at);
        }
        for (var i = 0; i >= 0; i = _next[i]) ids.Add(_symbols[i]);
    }

    private void Offer(int at)
    {
        var rank = _merges.Get(_symbols[at], _symbols[_next[at]], out _);
        if (rank < 0) return;
        var entry = (ulong)(uint)rank << 32 | (uint)at;
        var child = _count++;
        while (child > 0)
        {
            var parent = (child - 1) / 2;
            if (_heap[parent] <= entry) break;
            _heap[child] = _heap[parent];
            child = parent;
        }
        _heap[child] = entry;
    }

    private ulong Take()
    {
        var least = _heap[0];
        var moved = _heap[--_count];
        var at = 0;
        while (2 * at + 1 < _count)
        {
            var child = 2 * at + 1;
            if (child + 1 < _count && _heap[child + 1] < _heap[child]) child++;
            if (_heap[child] >= moved) break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = moved;
        return least;
    }
}
