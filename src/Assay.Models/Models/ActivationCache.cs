namespace Assay.Models;

/// <summary>Captures activations at chosen sites; each forward pass replaces what was there.</summary>
public sealed class ActivationCache
{
    private readonly Dictionary<Site, float[]> _rows = [];

    /// <summary>Asks for sites.</summary>
    public ActivationCache(IEnumerable<Site> sites)
    {
        foreach (var site in sites) _rows[site] = [];
    }

    /// <summary>The sites asked for.</summary>
    public IReadOnlyCollection<Site> Sites => _rows.Keys;

    /// <summary>(rows, d): all sequences' positions one after another, in the order of the batch.</summary>
    public ReadOnlySpan<float> this[Site site] => _rows[site];

    internal bool Wants(Site site) => _rows.ContainsKey(site);

    /// <summary>Keeps rows of a pass, or of a part of one.</summary>
    /// <param name="site">Where.</param>
    /// <param name="rows">Activations.</param>
    /// <param name="first">Floats of the batch before them.</param>
    /// <param name="all">Floats of the batch.</param>
    internal void Store(Site site, ReadOnlySpan<float> rows, long first, long all)
    {
        if (first == 0) _rows[site] = new float[all];
        rows.CopyTo(_rows[site].AsSpan(checked((int)first)));
    }
}
