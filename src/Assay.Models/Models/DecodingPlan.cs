using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>How many sequences decode together, and where their keys and values lie. No result depends on it.</summary>
/// <param name="Pages">Pages of 64 positions that there may be at once, recurrent states counted as such.</param>
/// <param name="Spills">Whether they lie in scratch files.</param>
/// <param name="Bytes">Bytes of them.</param>
public sealed record DecodingPlan(int Pages, bool Spills, long Bytes)
{
    /// <summary>Sequences beyond which a step gains nothing.</summary>
    internal const int MostTogether = 256;

    /// <summary>All sequences at once where their keys and values take at most a sixteenth of the memory allowed; otherwise all in scratch files, where the disk has twice the
    /// room, since every step reads all weights; otherwise as many as fit, and at least one.</summary>
    /// <param name="memoryBytes">Allowed in all.</param>
    /// <param name="spec">The model's.</param>
    /// <param name="lengths">What each sequence may come to, in tokens.</param>
    public static DecodingPlan Of(long memoryBytes, TransformerSpec spec, IReadOnlyCollection<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(lengths);
        var size = KvPool.PageBytes(spec);
        var states = States(spec);
        // Beside the longest that are at work at once, the one that lends its beginning.
        long longest = 0, needed = 0;
        foreach (var length in lengths.OrderDescending().Take(MostTogether + 1))
        {
            var pages = KvPool.Pages(length) + states;
            longest = Math.Max(longest, pages);
            needed += pages;
        }

        needed += longest;
        var fit = Math.Max(longest, MemoryBudget.Caches(memoryBytes) / size);
        if (needed <= fit) return new DecodingPlan(checked((int)fit), false, needed * size);
        return needed <= int.MaxValue && ScratchFile.Room() / 2 > needed * size ? new DecodingPlan((int)needed, true, needed * size) : new DecodingPlan((int)Math.Min(fit, int.MaxValue), false, fit * size);
    }

    /// <summary>Sequences of a length that are at work at once.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="length">Tokens.</param>
    public int Sequences(TransformerSpec spec, int length)
    {
        ArgumentNullException.ThrowIfNull(spec);
        // One more lends its beginning.
        return Math.Clamp(Pages / (KvPool.Pages(length) + States(spec)) - 1, 1, MostTogether);
    }

    /// <summary>Pages' worth of a sequence's recurrent states.</summary>
    internal static int States(TransformerSpec spec) => (int)((GatedDelta.StateBytes(spec) + KvPool.PageBytes(spec) - 1) / KvPool.PageBytes(spec));
}
