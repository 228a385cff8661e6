using Assay.Checkpoints;
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
        return Found(moments, Readout(moments, moments.Target.Width));
    }

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!rows.SpanIsSmaller) return base.Fit(rows);
        if (shrinkage == Shrinkage.None) throw Singular();
        // Shrunk, Σ is a multiple of the identity outside of the samples' span, and Δ lies in it: so does the solution, and no (d, d) matrix is needed.
        return Found(rows.Moments(covariance: false), rows.FromSpan(Readout(rows.InSpan().Moments(covariance: true), rows.Width)));
    }

    private EstimatedComponents Found(ContrastMoments moments, double[] readout) =>
        oblique ? new EstimatedComponents([moments.Difference()], [readout], moments.Mean()) : new EstimatedComponents([readout]);

    /// <summary>Σ⁻¹Δ in the moments' coordinates.</summary>
    private double[] Readout(ContrastMoments moments, int width)
    {
        var (difference, within) = (moments.Difference(), moments.Within());
        CovarianceShrinkage.Apply(shrinkage, within, difference.Length, width, moments.Target.Count + moments.Baseline.Count);
        return (Cholesky.Factor(within, difference.Length) ?? throw Singular()).Solve(difference);
    }

    private InvalidInputException Singular() => Undetermined("the covariance within the classes has no inverse (fewer samples than dimensions, and no shrinkage)");
}
