namespace Assay.Evaluation.Measures;

/// <summary>One measure of protocol.md: what it needs, and what it makes of it. A new one is one file, one line of <see cref="MeasureCatalogue"/> and its test.</summary>
public interface IMeasure
{
    /// <summary>What it is.</summary>
    MeasureInfo Info { get; }

    /// <summary>What has to be scored for it.</summary>
    /// <param name="design">What the comparison is asked to cover.</param>
    Needs NeedsOf(VetDesign design);

    /// <summary>Its measurements; none of sets that were not scored.</summary>
    /// <param name="input">Scores, statistics, and what the comparison covers.</param>
    IEnumerable<Measurement> Compute(MeasureInput input);
}
