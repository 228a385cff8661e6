using System.Globalization;
using Assay.Evaluation;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Statistics;

namespace Assay.Verdicts;

/// <summary>One harm: a measurement, its direction and its margins.</summary>
/// <param name="Id">The measurement.</param>
/// <param name="Sign">1 where more is worse, −1 where less is.</param>
/// <param name="Found">Beyond this it is harm.</param>
/// <param name="Certified">Up to this it is none.</param>
/// <param name="What">The harm in words.</param>
/// <param name="Clusters">What n counts.</param>
internal sealed record HarmTest(string Id, int Sign, Func<Margins, double> Found, Func<Margins, double> Certified, string What, string Clusters)
{
    /// <summary>Whether nothing is missing where it cannot be estimated.</summary>
    public bool OnlyWhereEstimable { get; init; }

    /// <summary>The unit that it is told in, and how many of that are one of the measurement's.</summary>
    public (string Name, double Each) Unit { get; init; } = ("percentage points", 100);

    /// <summary>Clusters without which nothing is certified, given the margin.</summary>
    public Func<double, long> Least { get; init; } = margin => PairedProportionPower.LeastPairs(margin);

    /// <summary>Whether the harm is shown: its simultaneous lower bound is above the margin.</summary>
    public bool Shown(MeasurementSet measurements, Margins margins) =>
        measurements.Find(Id) is { Value: var value } && Turned(value is Harm harm ? harm.Simultaneous : value.Estimate) is { HasInterval: true } e
        && e.Low > Found(margins);

    /// <summary>Whether it is shown not to be there: its one-sided upper bound is below the margin.</summary>
    public bool Excluded(MeasurementSet measurements, Margins margins) =>
        measurements.Find(Id) is { Value: var value } && Turned(value is Harm harm ? harm.OneSided : value.Estimate) is { HasInterval: true } e
        && e.High < Certified(margins);

    /// <summary>Whether it is neither, and its absence would have to be shown.</summary>
    public bool Open(MeasurementSet measurements, Margins margins) => !Excluded(measurements, margins)
        && !(OnlyWhereEstimable && measurements.Find(Id) is null or { Value: NotMeasurable });

    /// <summary>The harm with its interval and margin, in words.</summary>
    public string Sentence(MeasurementSet measurements, double margin)
    {
        var measured = measurements.Find(Id);
        if (measured is null) return $"{What}: not measured.";
        if (measured.Value is NotMeasurable none) return $"{What}: not estimable, {none.Why}.";
        var (e, unit) = (Turned(measured.Value.Estimate), Unit.Each);
        return What + (e.HasInterval
            ? FormattableString.Invariant($": {unit * e.Value:g3} {Unit.Name}, 95 % interval from {unit * e.Low:g3} to {unit * e.High:g3}, {e.N} {Clusters}")
            : FormattableString.Invariant($": {unit * e.Value:g3} {Unit.Name}, no interval ({e.Method}), {e.N} {Clusters}"))
            + FormattableString.Invariant($"; the margin is {unit * margin:g3}.");
    }

    /// <summary>The harm in words, with the n that would settle it.</summary>
    public string Unsettled(MeasurementSet measurements, Margins margins)
    {
        var sentence = Sentence(measurements, Certified(margins));
        return Needed(measurements, margins) is { } n ? sentence + string.Create(CultureInfo.InvariantCulture, $" About {n} {Clusters} would settle it.")
            : sentence;
    }

    /// <summary>Clusters that would exclude the harm, or show it where the estimate is beyond the margin, if value and spread stay as they are; null where none
    /// would, or nothing was measured.</summary>
    public long? Needed(MeasurementSet measurements, Margins margins)
    {
        if (measurements.Find(Id)?.Value is not Harm harm) return null;
        var (value, margin) = (Turned(harm.Of).Value, Certified(margins));
        var e = Turned(value < margin ? harm.OneSided : harm.Simultaneous);
        if (!e.HasInterval) return e.N < Least(margin) ? Least(margin) : null;
        if (value == margin) return null;
        // The distance to a bound shrinks with the square root of n.
        var (reach, distance) = value < margin ? (e.High - value, margin - value) : (value - e.Low, value - margin);
        var needed = Math.Floor(e.N * Math.Pow(reach / distance, 2)) + 1;
        return needed < 1e9 ? Math.Max((long)needed, Least(margin)) : null;
    }

    /// <summary>The estimate as a harm: more is worse.</summary>
    public Estimate Turned(Estimate e) => Sign > 0 ? e : e with { Value = -e.Value, Low = -e.High, High = -e.Low };
}
