namespace Assay.Directions.Estimators;

/// <summary>The targets' mean minus the baselines'.</summary>
public sealed class DifferenceInMeans : MomentEstimator
{
    /// <inheritdoc/>
    public override string Name => "difference_in_means";

    /// <inheritdoc/>
    public override string Source => "Marks and Tegmark 2023 (arXiv 2310.06824); Arditi et al. 2024 (arXiv 2406.11717)";

    /// <inheritdoc/>
    public override string Summary => "The difference of the two sides' means.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastMoments moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        return new EstimatedComponents([moments.Difference()]);
    }
}
