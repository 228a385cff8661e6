using System.Numerics;
using System.Runtime.CompilerServices;

namespace Assay.Tokenization.Subwords;

/// <summary>Two numbers to two numbers of 0 or more, in an open hash table: merges by their halves, edges of a trie by node and character.</summary>
internal sealed class PairTable
{
    private Slot[] _slots;
    private int _count;

    public PairTable(int capacity) => _slots = new Slot[Size(capacity)];

    /// <summary>How many pairs there are.</summary>
    public int Count => _count;

    /// <summary>Adds a pair or replaces what it had.</summary>
    public void Set(int left, int right, int first, int second)
    {
        if (_count * 4L >= _slots.Length * 3L) Grow();
        ref var slot = ref Find(_slots, Key(left, right));
        if (slot.First == 0) _count++;
        slot = new Slot(Key(left, right), first + 1, second);
    }

    /// <summary>The first number of a pair, or -1 where it is not there.</summary>
    public int Get(int left, int right, out int second)
    {
        ref readonly var slot = ref Find(_slots, Key(left, right));
        second = slot.Second;
        return slot.First - 1;
    }

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private static int Size(int capacity) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 4L / 3 + 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref Slot Find(Slot[] slots, ulong key)
    {
        var mask = slots.Length - 1;
        var at = (int)SeededHash.Of(key) & mask;
        while (true)
        {
            ref var slot = ref slots[at];
            if (slot.First == 0 || slot.Key == key) return ref slot;
            at = (at + 1) & mask;
        }
    }

    private void Grow()
    {
        var larger = new Slot[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot.First != 0) Find(larger, slot.Key) = slot;
        }
        _slots = larger;
    }

    private readonly record struct Slot(ulong Key, int First, int Second);
}
