namespace Assay.Models;

/// <summary>Changes of what parts of a model put out, gathered for one forward pass.</summary>
/// <remarks>Several of one place act one after another, in the order given. What comes after in the pass goes on from the changed value. For one pass at a time.</remarks>
/// <param name="spec">The model's.</param>
public sealed class Interventions(TransformerSpec spec)
{
    private readonly List<(ComponentSite, ComponentHook)> _components = [];
    private readonly List<(Site, SiteHook)> _sites = [];

    /// <summary>For a forward pass.</summary>
    public ForwardOptions Options => new() { Hooks = [.. _sites], ComponentHooks = [.. _components] };

    /// <summary>Leaves a block out: the residual stream goes past it.</summary>
    /// <param name="layer">Block, from 0.</param>
    /// <exception cref="ArgumentException">The model has no such block.</exception>
    public Interventions Skip(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)spec.Layers.Length, nameof(layer));
        // A batch in parts passes a block part by part.
        var before = Array.Empty<float>();
        _sites.Add((new Site(layer, SitePoint.ResidPre), (_, rows, _, _) => before = rows.ToArray()));
        _sites.Add((new Site(layer, SitePoint.ResidPost), (_, rows, _, _) => before.CopyTo(rows)));
        return this;
    }

    /// <summary>Sets a part to zero at every position.</summary>
    /// <param name="component">Which.</param>
    /// <exception cref="ArgumentException">The model has no such part.</exception>
    public Interventions Zero(Component component) => Set(component, new float[component.Entries(spec).Count]);

    /// <summary>Sets a part to one value at every position, such as its mean over a reference set (<see cref="ComponentCache.Mean"/>).</summary>
    /// <param name="component">Which; of experts only <see cref="Zero"/> is defined, since their weights say nothing of what another expert would put out.</param>
    /// <param name="value">(entries of the part).</param>
    /// <exception cref="ArgumentException">The model has no such part, or it has another number of entries.</exception>
    public Interventions Set(Component component, ReadOnlyMemory<float> value) => Set(component, value, false);

    /// <summary>Sets a part to values of another pass, of another item or another model with as wide a part (<see cref="ComponentCache.Rows"/>).</summary>
    /// <param name="component">Which; not experts.</param>
    /// <param name="rows">(rows of the batch, entries of the part).</param>
    /// <exception cref="ArgumentException">The model has no such part; the batch has another number of rows: then it is thrown in the pass.</exception>
    public Interventions SetRows(Component component, ReadOnlyMemory<float> rows) => Set(component, rows, true);

    private Interventions Set(Component component, ReadOnlyMemory<float> values, bool byRow)
    {
        var (begin, count) = component.Entries(spec);
        if (component.Kind == ComponentKind.Experts && values.Span.ContainsAnyExcept(0f)) throw new ArgumentException("Of experts only leaving them out is defined.", nameof(component));
        if (values.Length % count != 0 || !byRow && values.Length != count)
            throw new ArgumentException($"There are {values.Length} values for a part of {count} entries.", nameof(values));
        _components.Add((component.Site, (_, rows, width, first) =>
        {
            var here = rows.Length / width;
            if (byRow && (first + here) * count > values.Length)
                throw new ArgumentException($"There are values for {values.Length / count} rows; the batch has {first + here} or more.", nameof(values));
            for (var row = 0; row < here; row++)
            {
                var from = byRow ? values.Span.Slice(checked((int)((first + row) * count)), count) : values.Span;
                from.CopyTo(rows.Slice(row * width + begin, count));
            }
        }));
        return this;
    }
}
