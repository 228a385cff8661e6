using System.Runtime.InteropServices;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>Keeps packed panels of matrices that are used again, up to a budget.</summary>
/// <remarks>A matrix is packed on the way at its first use and kept from its second; once the budget is full, the others go on being packed on the
/// way. First come, first kept: a model's matrices are visited in the same order again and again, and making room for the one would throw out another that is needed
/// before it comes round again. Two models that hold the same tensor object share its panels.</remarks>
internal sealed unsafe class PanelCache : IDisposable
{
    private readonly Dictionary<(Tensor Tensor, int First, int FirstInput, int Outputs, bool Transposed), Entry> _entries = [];
    private readonly WorkTeam _team;

    /// <param name="team">Threads that pack.</param>
    /// <param name="bytes">Budget.</param>
    public PanelCache(WorkTeam team, long bytes)
    {
        _team = team;
        Budget = bytes;
    }

#pragma warning disable MA0055 // Native memory must come back even where a caller forgets to dispose.
    ~PanelCache() => Free();
#pragma warning restore MA0055

    /// <summary>Bytes that panels may take.</summary>
    public long Budget { get; }

    /// <summary>Bytes that panels take.</summary>
    public long Used { get; private set; }

    /// <summary>The matrix's panels, one after another, each (inputs, 32); null where they are not kept.</summary>
    public byte* Find(in WeightMatrix weights)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, (weights.Tensor, weights.First, weights.FirstInput, weights.Outputs, weights.Transposed), out _);
        if (entry.Panels is not null) return entry.Panels;
        entry.Uses++;
        if (entry.Uses == 1 || weights.PackedBytes == 0 || Used + weights.PackedBytes > Budget) return null;
        var panels = (byte*)PageMemory.Allocate(weights.PackedBytes);
        Used += weights.PackedBytes;
        Pack(_team, weights, panels);
        entry.Panels = panels;
        entry.Bytes = weights.PackedBytes;
        return panels;
    }

    /// <summary>Gives up the panels of tensors that are not used again.</summary>
    public void Forget(IEnumerable<Tensor> tensors)
    {
        var gone = new HashSet<Tensor>(tensors, ReferenceEqualityComparer.Instance);
        foreach (var (key, entry) in _entries.Where(e => gone.Contains(e.Key.Tensor)).ToList())
        {
            _entries.Remove(key);
            if (entry.Panels is null) continue;
            PageMemory.Free(entry.Panels, entry.Bytes);
            Used -= entry.Bytes;
        }
    }

    /// <summary>Packs a whole matrix.</summary>
    public static void Pack(WorkTeam team, WeightMatrix weights, byte* panels)
    {
        var size = (long)weights.Inputs * weights.Step;
        var together = weights.Together;
        team.Run((weights.Panels + together - 1) / together, (group, _) =>
        {
            var first = group * together;
            weights.PackWhole(first, Math.Min(weights.Panels, first + together), panels + first * size);
        });
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        foreach (var entry in _entries.Values)
            if (entry.Panels is not null) PageMemory.Free(entry.Panels, entry.Bytes);
        _entries.Clear();
        Used = 0;
    }

    private struct Entry
    {
        public byte* Panels;
        public long Bytes;
        public int Uses;
    }
}
