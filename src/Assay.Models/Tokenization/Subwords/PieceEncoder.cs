using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Assay.Tokenization.PreTokenizers;

namespace Assay.Tokenization.Subwords;

/// <summary>Takes the pieces of a text and collects their ids; what a short piece came to is remembered, since texts repeat their words. For one thread at a time.</summary>
internal sealed class PieceEncoder : IPieceSink
{
    private const int LongestRemembered = 48, MostEntries = 1 << 16;

    private readonly ISubwordModel _model;
    private readonly Stretches _stretches;
    private Entry[] _entries = new Entry[1024];
    private char[] _texts = new char[8192];
    private int[] _remembered = new int[1024];
    private int _count, _textLength, _rememberedCount;

    public PieceEncoder(ISubwordModel model, IReadOnlyList<IPreTokenizer> preTokenizers)
    {
        _model = model;
        _stretches = new Stretches(this);
        Head = PieceStage.Chain(preTokenizers, this, Ids);
    }

    /// <summary>Where a text goes in, to be cut and encoded.</summary>
    public IPieceSink Head { get; }

    /// <summary>The ids so far.</summary>
    public IdList Ids { get; } = new();

    public void Add(ReadOnlySpan<char> piece, bool atStart)
    {
        Ids.Budget.Piece(piece.Length);
        if (piece.Length <= LongestRemembered) EncodeShort(piece);
        else if (_model is not BytePairModel pairs || !pairs.TryCut(piece, _stretches)) _model.Encode(piece, Ids);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void EncodeShort(ReadOnlySpan<char> piece)
    {
        var hash = SeededHash.Of(piece);
        var mask = _entries.Length - 1;
        var slot = (int)hash & mask;
        for (; ; slot = (slot + 1) & mask)
        {
            ref readonly var entry = ref _entries[slot];
            if (entry.Length == 0) break;
            if (entry.Tag != (uint)(hash >> 32) || entry.Length != piece.Length || !_texts.AsSpan(entry.Text, entry.Length).SequenceEqual(piece)) continue;
            if (entry.Ids == 1) Ids.Add(entry.Id);
            else Ids.Add(_remembered.AsSpan(entry.Id, entry.Ids));
            return;
        }
        var start = Ids.Count;
        _model.Encode(piece, Ids);
        if (_count < MostEntries) Remember(piece, (uint)(hash >> 32), slot, Ids.From(start));
    }

    private void Remember(ReadOnlySpan<char> piece, uint tag, int slot, ReadOnlySpan<int> ids)
    {
        if (ids.Length > short.MaxValue) return;
        if (_textLength + piece.Length > _texts.Length) Array.Resize(ref _texts, _texts.Length * 2);
        piece.CopyTo(_texts.AsSpan(_textLength));
        var id = ids.Length == 1 ? ids[0] : _rememberedCount;
        if (ids.Length != 1)
        {
            if (_rememberedCount + ids.Length > _remembered.Length) Array.Resize(ref _remembered, Math.Max(_remembered.Length * 2, _rememberedCount + ids.Length));
            ids.CopyTo(_remembered.AsSpan(_rememberedCount));
            _rememberedCount += ids.Length;
        }
        _entries[slot] = new Entry(tag, _textLength, (short)piece.Length, (short)ids.Length, id);
        _textLength += piece.Length;
        _count++;
        if (_count * 2 > _entries.Length) Rehash();
    }

    private void Rehash()
    {
        var larger = new Entry[_entries.Length * 4];
        var mask = larger.Length - 1;
        foreach (var entry in _entries)
        {
            if (entry.Length == 0) continue;
            var slot = (int)SeededHash.Of(_texts.AsSpan(entry.Text, entry.Length)) & mask;
            while (larger[slot].Length != 0) slot = (slot + 1) & mask;
            larger[slot] = entry;
        }
        _entries = larger;
    }

    // A stretch is never cut again, however long.
    private sealed class Stretches(PieceEncoder encoder) : IPieceSink
    {
        public void Add(ReadOnlySpan<char> piece, bool atStart)
        {
            if (piece.Length <= LongestRemembered) encoder.EncodeShort(piece);
            else encoder._model.Encode(piece, encoder.Ids);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Entry(uint Tag, int Text, short Length, short Ids, int Id);
}
