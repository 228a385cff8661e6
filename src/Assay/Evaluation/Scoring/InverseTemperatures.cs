namespace Assay.Evaluation.Scoring;

/// <summary>Equidistant inverse temperatures β = 1/T, at which divergences are summed beside the scores.</summary>
/// <param name="First">The first β, above 0.</param>
/// <param name="Step">Between two, above 0.</param>
/// <param name="Count">How many.</param>
public readonly record struct InverseTemperatures(double First, double Step, int Count)
{
    /// <summary>The k-th.</summary>
    public double this[int k] => First + k * Step;
}
