using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>How many rows go through the layers together, and where their residual stream lies meanwhile. No result depends on it.</summary>
/// <param name="Rows">Rows of a batch; the weights are read once for each.</param>
/// <param name="Spills">Whether the stream lies in a scratch file.</param>
/// <param name="Bytes">Bytes of the streams of a batch.</param>
public sealed record StreamPlan(long Rows, bool Spills, long Bytes)
{
    /// <summary>All rows at once where their streams take at most a quarter of the memory allowed; otherwise all at once in a scratch file, where the disk has twice the room; otherwise as many as fit.</summary>
    /// <param name="memoryBytes">Allowed in all.</param>
    /// <param name="rows">Rows to score.</param>
    /// <param name="longest">Rows of the longest text.</param>
    /// <param name="bytesPerRow">Of all streams together.</param>
    public static StreamPlan Of(long memoryBytes, long rows, long longest, long bytesPerRow)
    {
        var fit = Math.Max(longest, memoryBytes / 4 / Math.Max(1, bytesPerRow));
        if (rows <= fit) return new StreamPlan(Math.Max(1, rows), false, rows * bytesPerRow);
        return ScratchFile.Room() / 2 > rows * bytesPerRow ? new StreamPlan(rows, true, rows * bytesPerRow) : new StreamPlan(fit, false, fit * bytesPerRow);
    }
}
