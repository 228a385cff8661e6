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
    /// <summary>The lower bound before <see cref="Within"/> cut it: what the number of items still needed follows from. <see cref="Low"/> where nothing was
    /// cut.</summary>
    public double UncutLow
    {
        get => _uncutLow ?? Low;
        private init => _uncutLow = value;
    }

    private readonly double? _uncutLow;

    /// <summary>The estimate of a parameter that is known to lie in a range: bounds beyond the range are cut at its ends.</summary>
    /// <param name="least">Smallest value that the parameter can have.</param>
    /// <param name="most">Largest value that it can have.</param>
    /// <remarks>A studentised interval knows nothing of the range. Cutting takes away only values that are impossible, so coverage stays what it was.</remarks>
    public Estimate Within(double least, double most = double.PositiveInfinity)
    {
        if (!HasInterval) return this;
        var (low, high) = (Math.Clamp(Low, least, most), Math.Clamp(High, least, most));
        return this with { Low = low, High = high, UncutLow = UncutLow };
    }

    /// <summary>Whether an interval could be given.</summary>
    public bool HasInterval => !double.IsNaN(Low) && !double.IsNaN(High);

    /// <summary>The value with its interval, level and n.</summary>
    public override string ToString() => HasInterval
        ? FormattableString.Invariant($"{Value:g4} [{Low:g4}, {High:g4}] ({Level:p0}, n = {N})")
        : FormattableString.Invariant($"{Value:g4} (no interval: {Method}, n = {N})");
}
