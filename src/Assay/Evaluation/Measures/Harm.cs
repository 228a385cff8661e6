using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>An estimate of a harm with the intervals that verdicts read beside the one that is shown.</summary>
/// <param name="Of">The estimate with its 95 % interval.</param>
/// <param name="OneSided">With the 90 % interval: its ends are one-sided 95 % bounds, by which a harm is certified to be below its margin.</param>
/// <param name="Simultaneous">With the interval of level 1 − .05 / m, m being the number of harms that the plan tests: by its ends a harm is found. Holm's
/// procedure finds any harm exactly where the smallest p value is below α / m, which is where an end of one of these intervals passes its margin.</param>
/// <remarks>protocol.md, Statistics and Verdicts.</remarks>
public sealed record Harm(Estimate Of, Estimate OneSided, Estimate Simultaneous) : Quantity
{
    /// <inheritdoc/>
    public override Estimate Estimate => Of;

    /// <summary>All three.</summary>
    /// <param name="at">The estimate with the interval of a level.</param>
    /// <param name="tests">Harms that the plan tests, at least 1.</param>
    public static Harm At(Func<double, Estimate> at, int tests)
    {
        ArgumentNullException.ThrowIfNull(at);
        return new Harm(at(.95), at(.90), at(1 - .05 / Math.Max(1, tests)));
    }
}
