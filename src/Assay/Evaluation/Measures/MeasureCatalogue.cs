using Assay.Evaluation.Vetting;

namespace Assay.Evaluation.Measures;

/// <summary>Every measure there is, in the order in which reports tell them.</summary>
public static class MeasureCatalogue
{
    /// <summary>The measures.</summary>
    public static IReadOnlyList<IMeasure> All { get; } =
    [
        new DivergenceMeasure(),
        new PositionMeasure(),
        new SequenceMeasure(),
        new ThoughtMeasure(),
        new TailMeasure(),
        new ConfidenceMeasure(),
        new TemperatureMeasure(),
        new CalibrationMeasure(),
        new PerplexityMeasure(),
        new AnswerLikelihoodMeasure(),
        new TaskMeasure(),
        new DegeneracyMeasure(),
        new RefusalMeasure(),
        new TaskRefusalMeasure(),
        new TriggerMeasure(),
        new PreservationMeasure(),
        new SelectivityMeasure(),
        new YardstickMeasure(),
        new PackagingMeasure(),
        new SensitivityMeasure(),
        new PublicPanelMeasure(),
        new UnnamedIdsMeasure(),
        new FaultMeasure(),
        new AgreementMeasure(),
    ];

    /// <summary>Measures that are taken whatever is asked for: without them a broken or degraded candidate would pass in silence.</summary>
    public static IReadOnlyList<string> Always { get; } = ["unnamed-ids", "faults"];

    /// <summary>The measure of an id.</summary>
    public static IMeasure? Find(string id) => All.FirstOrDefault(m => m.Info.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    /// <summary>The union of the needs of measures: each set once, with all columns that any of them reads.</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="design">What the comparison covers.</param>
    public static IReadOnlyList<SetNeed> Union(IEnumerable<IMeasure> measures, VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(measures);
        var union = new OrderedDictionary<string, SetNeed>(StringComparer.Ordinal);
        foreach (var need in measures.SelectMany(m => m.NeedsOf(design).Sets))
            union[need.Set.Key] = union.TryGetValue(need.Set.Key, out var known) ? known.With(need) : need;
        return [.. union.Values];
    }

    /// <summary>Computes measures, in the order given.</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="input">What they compute from.</param>
    /// <param name="progress">Told after each measure; null for nobody.</param>
    public static MeasurementSet Compute(IReadOnlyList<IMeasure> measures, MeasureInput input, IProgress<VetProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(measures);
        ArgumentNullException.ThrowIfNull(input);
        var all = new List<Measurement>();
        foreach (var (i, measure) in measures.Index())
        {
            input.Cancellation.ThrowIfCancellationRequested();
            all.AddRange(measure.Compute(input));
            progress?.Report(new VetProgress($"statistics, {measure.Info.Id}", i + 1, measures.Count, 0, 0));
        }

        return new MeasurementSet(all);
    }
}
