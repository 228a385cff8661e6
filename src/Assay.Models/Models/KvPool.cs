using System.Collections.Immutable;
using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Pages of keys and values in float32, 64 positions of all layers each; sequences with a common beginning share them.</summary>
public sealed unsafe class KvPool : IDisposable
{
    /// <summary>Scratch files hold many pages each: a process may not open many files.</summary>
    private const long ChunkBytes = 64 << 20;

    private readonly long _pageBytes;
    private readonly bool _scratch;
    private readonly List<ScratchFile> _chunks = [];
    private readonly ImmutableArray<long> _offsets;
    private readonly Stack<nint> _free = [];
    private readonly List<nint> _all = [];

    /// <summary>An empty pool; pages are made as they are asked for.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="scratch">Whether the pages lie in scratch files.</param>
    public KvPool(TransformerSpec spec, bool scratch = false)
    {
        Spec = spec;
        _scratch = scratch;
        Layouts = [.. spec.Layers.Select(l => new KeyValueLayout(l.Attention))];
        var offsets = ImmutableArray.CreateBuilder<long>();
        long floats = 0;
        foreach (var layout in Layouts)
        {
            offsets.Add(floats);
            floats += layout.PageFloats;
        }

        _offsets = offsets.ToImmutable();
        _pageBytes = Math.Max(64, floats * sizeof(float));
    }

#pragma warning disable MA0055, CS1591 // Native memory must come back even where a caller forgets to dispose.
    ~KvPool() => FreePages(); // Scratch files have handles that look after themselves.
#pragma warning restore MA0055, CS1591

    /// <summary>Pages in use.</summary>
    public int PagesInUse { get; private set; }

    internal TransformerSpec Spec { get; }

    internal ImmutableArray<KeyValueLayout> Layouts { get; }

    /// <summary>Bytes of a page of 64 positions.</summary>
    public static long PageBytes(TransformerSpec spec) => spec.Layers.Sum(l => new KeyValueLayout(l.Attention).PageFloats) * sizeof(float);

    /// <summary>Pages that so many positions take.</summary>
    public static int Pages(int positions) => KeyValueLayout.Pages(positions);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal KvPage Rent()
    {
        PagesInUse++;
        if (_free.TryPop(out var data)) return new KvPage(data);
        if (_scratch)
        {
            var pages = Math.Max(1, ChunkBytes / _pageBytes);
            var chunk = new ScratchFile(pages * _pageBytes);
            _chunks.Add(chunk);
            // The first page is on top.
            for (var p = pages - 1; p >= 0; p--)
            {
                _all.Add((nint)(chunk.Data + p * _pageBytes));
                _free.Push(_all[^1]);
            }

            return new KvPage(_free.Pop());
        }

        data = (nint)PageMemory.Allocate(_pageBytes);
        _all.Add(data);
        return new KvPage(data);
    }

    internal void Return(KvPage page)
    {
        if (--page.Users > 0) return;
        PagesInUse--;
        _free.Push(page.Data);
    }

    /// <summary>A page with the contents of another.</summary>
    internal KvPage Copy(KvPage page)
    {
        var copy = Rent();
        Buffer.MemoryCopy((void*)page.Data, (void*)copy.Data, _pageBytes, _pageBytes);
        return copy;
    }

    /// <summary>Where a layer's part of a page begins.</summary>
    internal nint Layer(KvPage page, int layer) => page.Data + (nint)(_offsets[layer] * sizeof(float));

    private void Free()
    {
        FreePages();
        foreach (var chunk in _chunks) chunk.Dispose();
        _chunks.Clear();
        _all.Clear();
        _free.Clear();
    }

    private void FreePages()
    {
        if (_scratch) return;
        foreach (var data in _all) PageMemory.Free((void*)data, _pageBytes);
    }
}
