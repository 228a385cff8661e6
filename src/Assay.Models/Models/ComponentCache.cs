namespace Assay.Models;

/// <summary>Keeps what parts of a model put out: for a mean over a reference set, or to be put into another pass.</summary>
public sealed class ComponentCache
{
    private readonly TransformerSpec _spec;
    private readonly Dictionary<ComponentSite, List<float>> _rows = [];

    /// <summary>Asks for parts.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="components">Which.</param>
    /// <exception cref="ArgumentException">The model has no such part.</exception>
    public ComponentCache(TransformerSpec spec, IEnumerable<Component> components)
    {
        ArgumentNullException.ThrowIfNull(components);
        _spec = spec;
        foreach (var component in components)
        {
            _ = component.Entries(spec);
            _rows[component.Site] = [];
        }
    }

    /// <summary>What fills it: every pass with these hooks adds its rows. Behind other hooks of a pass they see what those have made.</summary>
    public IEnumerable<(ComponentSite Site, ComponentHook Hook)> Hooks => _rows.Keys.Select(site => (site, (ComponentHook)((_, rows, _, _) => _rows[site].AddRange(rows))));

    /// <summary>(rows, entries of the part): all passes' positions one after another.</summary>
    /// <param name="component">One of those asked for.</param>
    public float[] Rows(Component component)
    {
        var (rows, width, (first, count)) = (_rows[component.Site], component.Site.Width(_spec), component.Entries(_spec));
        var result = new float[rows.Count / width * count];
        for (var row = 0; row < rows.Count / width; row++)
            for (var i = 0; i < count; i++) result[row * count + i] = rows[row * width + first + i];
        return result;
    }

    /// <summary>(entries of the part): their means over all rows, summed in float64 in the order of the rows.</summary>
    /// <param name="component">One of those asked for.</param>
    public float[] Mean(Component component)
    {
        var rows = Rows(component);
        var count = component.Entries(_spec).Count;
        var sums = new double[count];
        for (var i = 0; i < rows.Length; i++) sums[i % count] += rows[i];
        return [.. sums.Select(s => (float)(s / (rows.Length / count)))];
    }
}
