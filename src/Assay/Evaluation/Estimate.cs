namespace Assay.Evaluation;

/// <summary>A number that was estimated. It is never shown without its interval.</summary>
/// <param name="Value">Point estimate.</param>
/// <param name="Low">Lower bound; NaN where no interval may be given.</param>
/// <param name="High">Upper bound; NaN where no interval may be given.</param>
/// <param name="Level">Coverage asked of the interval, such as .95.</param>
/// <param name="N">Clusters (items, documents) it rests on.</param>
/// <param name="Method">How the interval was made, or why there is none.</param>
public readonly record struct Estimate(double Value, double Low, double High, double Level, long N, string Method)
{
    /// <summary>Whether an interval could be given.</summary>
    public bool HasInterval => !double.IsNaN(Low) && !double.IsNaN(High);

    /// <summary>The value with its interval, level and n.</summary>
    public override string ToString() => HasInterval
        ? FormattableString.Invariant($"{Value:g4} [{Low:g4}, {High:g4}] ({Level:p0}, n = {N})")
        : FormattableString.Invariant($"{Value:g4} (no interval: {Method}, n = {N})");
}
