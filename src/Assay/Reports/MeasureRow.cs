using Assay.Evaluation.Measures;

namespace Assay.Reports;

/// <summary>One measure as every report shows it.</summary>
/// <param name="Id">Stable name, such as <c>kld.benign.mean</c>.</param>
/// <param name="Value">Point estimate; +∞ where q = 0 somewhere p > 0; NaN where not measurable.</param>
/// <param name="Low">Lower bound; NaN where no interval may be given.</param>
/// <param name="High">Upper bound; NaN where no interval may be given.</param>
/// <param name="Level">Coverage asked of the interval, such as .95.</param>
/// <param name="N">Clusters (items, documents) it rests on.</param>
/// <param name="Unit">Unit, such as <c>nats/token</c>.</param>
/// <param name="Method">How the interval was made, or why there is none.</param>
/// <param name="Where">Panel, policy and positions it was measured at.</param>
public sealed record MeasureRow(string Id, double Value, double Low, double High, double Level, long N, string Unit, string Method, string Where)
{
    /// <summary>A measurement as it is shown.</summary>
    public static MeasureRow Of(Measurement measurement)
    {
        ArgumentNullException.ThrowIfNull(measurement);
        var estimate = measurement.Value.Estimate;
        return new MeasureRow(measurement.Id, estimate.Value, estimate.Low, estimate.High, estimate.Level, estimate.N, measurement.Unit, estimate.Method,
            measurement.Where.Words);
    }

    /// <summary>Whether an interval could be given.</summary>
    public bool HasInterval => !double.IsNaN(Low) && !double.IsNaN(High);

    /// <summary>The value with unit, interval, level and n, as people read it.</summary>
    public override string ToString() => HasInterval
        ? FormattableString.Invariant($"{ReportNumber.Text(Value)} {Unit} [{ReportNumber.Text(Low)}, {ReportNumber.Text(High)}] ({Level:p0}, n = {N})")
        : FormattableString.Invariant($"{ReportNumber.Text(Value)} {Unit} (no interval: {Method}, n = {N})");
}
