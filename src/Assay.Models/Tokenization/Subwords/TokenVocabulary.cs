using System.Numerics;
using System.Text;

namespace Assay.Tokenization.Subwords;

/// <summary>The tokens of a model and their ids: one block of UTF-8 and an open hash table over it, since 128,000 strings would take longer to make than a short text to encode.</summary>
internal sealed class TokenVocabulary
{
    /// <summary>The largest id a token may have: 2²⁴ − 1. The largest published vocabularies have some 300,000 entries; whatever counts ids can add one without
    /// an overflow.</summary>
    public const int LargestId = (1 << 24) - 1;

    private byte[] _bytes;
    private int[] _starts, _ids;

    // Index of the entry + 1, and the upper half of its hash.
    private (uint Tag, int Entry)[] _slots;
    private int[]? _entryOf;
    private Dictionary<int, int>? _sparse;

    /// <param name="entries">About how many tokens there will be.</param>
    public TokenVocabulary(int entries)
    {
        entries = Math.Max(entries, 64);
        _bytes = new byte[entries * 8];
        (_starts, _ids) = (new int[entries + 1], new int[entries]);
        _slots = new (uint, int)[BitOperations.RoundUpToPowerOf2((uint)(entries * 4L / 3))];
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>The highest id, or -1.</summary>
    public int MaxId { get; private set; } = -1;

    /// <summary>UTF-8 of all tokens together, in bytes.</summary>
    public int ByteLength => _starts[Count];

    /// <summary>UTF-8 of the entry that was added at this place.</summary>
    public ReadOnlySpan<byte> Text(int entry) => _bytes.AsSpan(_starts[entry], _starts[entry + 1] - _starts[entry]);

    /// <summary>Id of the entry that was added at this place.</summary>
    public int Id(int entry) => _ids[entry];

    /// <summary>Adds a token; false where its text is there already.</summary>
    public bool TryAdd(ReadOnlySpan<byte> text, int id)
    {
        if (Count * 4L >= _slots.Length * 3L) Rehash();
        var hash = SeededHash.Of(text);
        var slot = Slot(text, hash);
        if (_slots[slot].Entry != 0) return false;
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _starts, Count * 2 + 1);
        }
        var start = _starts[Count];
        if (start + text.Length > _bytes.Length) Array.Resize(ref _bytes, checked(Math.Max(_bytes.Length * 2, start + text.Length)));
        text.CopyTo(_bytes.AsSpan(start));
        _ids[Count] = id;
        Count++;
        _starts[Count] = start + text.Length;
        _slots[slot] = ((uint)(hash >> 32), Count);
        MaxId = Math.Max(MaxId, id);
        return true;
    }

    /// <summary>The id of a token, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) => _slots[Slot(text, SeededHash.Of(text))].Entry is > 0 and var entry ? _ids[entry - 1] : -1;

    /// <summary>The id of a token, or -1, when it is likely to be the entry that was found last or the one after it.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="last">The entry that was found last; becomes the one found.</param>
    public int FindNear(ReadOnlySpan<byte> text, ref int last)
    {
        for (var entry = last; entry < Count && entry <= last + 1; entry++)
        {
            if (!Text(entry).SequenceEqual(text)) continue;
            last = entry;
            return _ids[entry];
        }
        var found = _slots[Slot(text, SeededHash.Of(text))].Entry - 1;
        if (found < 0) return -1;
        last = found;
        return _ids[found];
    }

    /// <summary>The id of a token, or -1.</summary>
    public int Find(string text)
    {
        if (text.Length > 1024) return Find(Encoding.UTF8.GetBytes(text));
        Span<byte> utf8 = stackalloc byte[text.Length * 3];
        return Find(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    /// <summary>Prepares <see cref="TextOf"/>; false, with an id, where two tokens share one.</summary>
    public bool TryIndexIds(out int shared)
    {
        // Real ids have few holes, but nothing keeps a file from naming the id two thousand million.
        var dense = MaxId < 4L * Count + 1024;
        if (dense) _entryOf = new int[MaxId + 1];
        else _sparse = new Dictionary<int, int>(Count);
        for (var entry = 0; entry < Count; entry++)
        {
            var id = _ids[entry];
            if (dense ? _entryOf![id] == 0 : _sparse!.TryAdd(id, entry))
            {
                if (dense) _entryOf![id] = entry + 1;
                continue;
            }
            shared = id;
            return false;
        }
        shared = 0;
        return true;
    }

    /// <summary>The text of an id, or null where no token has it.</summary>
    public string? TextOf(int id)
    {
        var entry = -1;
        if (_entryOf is not null) entry = (uint)id < (uint)_entryOf.Length ? _entryOf[id] - 1 : -1;
        else if (_sparse is not null && _sparse.TryGetValue(id, out var found)) entry = found;
        return entry < 0 ? null : Encoding.UTF8.GetString(Text(entry));
    }

    // Where a text is, or where it would go.
    private int Slot(ReadOnlySpan<byte> text, ulong hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var (tag, entry) = _slots[slot];
            if (entry == 0 || (tag == (uint)(hash >> 32) && Text(entry - 1).SequenceEqual(text))) return slot;
        }
    }

    private void Rehash()
    {
        _slots = new (uint, int)[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var entry = 0; entry < Count; entry++)
        {
            var hash = SeededHash.Of(Text(entry));
            var slot = (int)hash & mask;
            while (_slots[slot].Entry != 0) slot = (slot + 1) & mask;
            _slots[slot] = ((uint)(hash >> 32), entry + 1);
        }
    }
}
