using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>Σ⁻¹Δ with the pooled covariance within the classes: the read-out that best tells the two sides apart.</summary>
/// <param name="shrinkage">Of Σ.</param>
/// <param name="oblique">Whether the difference of means is removed along the read-out (it is where to look, not where to push); otherwise the read-out itself is removed orthogonally.</param>
public sealed class WhitenedDifference(Shrinkage shrinkage = Shrinkage.Optimal, bool oblique = true) : MomentEstimator
{
    /// <inheritdoc/>
    public override string Name => oblique ? "fisher" : "fisher_orthogonal";

    /// <inheritdoc/>
    public override string Source => "Fisher 1936, \"The use of multiple measurements in taxonomic problems\"; used on activations by Marks and Tegmark 2023 (arXiv 2310.06824)";

    /// <inheritdoc/>
    public override string Summary => "The difference of means, whitened by the covariance within the classes.";

    /// <inheritdoc/>
    public override bool NeedsCovariances => true;

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastMoments moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        var (difference, within) = (moments.Difference(), moments.Within());
        CovarianceShrinkage.Apply(shrinkage, within, difference.Length, moments.Target.Count + moments.Baseline.Count);
        var readout = (Cholesky.Factor(within, difference.Length) ?? throw Undetermined("the covariance within the classes has no inverse (fewer samples than dimensions, and no shrinkage)")).Solve(difference);
        return oblique ? new EstimatedComponents([difference], [readout], moments.Mean()) : new EstimatedComponents([readout]);
    }
}
