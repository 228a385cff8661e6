namespace Assay.Directions.Estimators;

/// <summary>What an estimator found, in float64 and at the scale at which it was found.</summary>
/// <param name="Vectors">(k)(d): what is removed.</param>
/// <param name="Readouts">(k)(d): where to look; null where that is the vectors themselves.</param>
/// <param name="Mean">(d): μ, about which read-outs erase; null where removal is linear.</param>
public sealed record EstimatedComponents(IReadOnlyList<double[]> Vectors, IReadOnlyList<double[]>? Readouts = null, double[]? Mean = null)
{
    /// <summary>Components along which samples are compared: the read-outs where there are any.</summary>
    public IReadOnlyList<double[]> Axes => Readouts ?? Vectors;
}
