namespace Assay.Models;

/// <summary>A page of a <see cref="KvPool"/>, with the number of sequences that hold it.</summary>
internal sealed class KvPage(nint data)
{
    public nint Data => data;

    public int Users { get; set; } = 1;
}
