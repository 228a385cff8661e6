namespace Assay.Evaluation.Measures;

/// <summary>All measurements of a comparison, in the catalogue's order; what rules and reports read.</summary>
public sealed class MeasurementSet
{
    private readonly Dictionary<string, Measurement> _byId;

    /// <summary>Collects measurements.</summary>
    /// <exception cref="ArgumentException">Two have the same id.</exception>
    public MeasurementSet(IEnumerable<Measurement> measurements)
    {
        All = [.. measurements];
        _byId = new Dictionary<string, Measurement>(StringComparer.Ordinal);
        foreach (var m in All)
            if (!_byId.TryAdd(m.Id, m)) throw new ArgumentException($"Two measurements are called '{m.Id}'.", nameof(measurements));
    }

    /// <summary>Of a comparison in which nothing was run.</summary>
    public static MeasurementSet Empty { get; } = new([]);

    /// <summary>All of them.</summary>
    public IReadOnlyList<Measurement> All { get; }

    /// <summary>These and others behind them.</summary>
    /// <exception cref="ArgumentException">Two have the same id.</exception>
    public MeasurementSet And(MeasurementSet others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new MeasurementSet(All.Concat(others.All));
    }

    /// <summary>The measurement of a name, or null.</summary>
    public Measurement? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The estimate of a name, or null.</summary>
    public Estimate? Estimate(string id) => Find(id)?.Value.Estimate;
}
