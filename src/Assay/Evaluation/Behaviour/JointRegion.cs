namespace Assay.Evaluation.Behaviour;

/// <summary>The joint 95 % region of the change of refusals on trigger rows and of the accuracy of what both models answered: an ellipse.</summary>
/// <remarks>protocol.md, "Refusal-to-reasoning delta": (θ̂ − θ)ᵀ Σ⁻¹ (θ̂ − θ) ≤ 2 (G − 1) / (G − 2) F₂,G₋₂.</remarks>
/// <param name="Refusals">Δρ, the centre.</param>
/// <param name="Accuracy">Δ_AC, the centre.</param>
/// <param name="RefusalVariance">Variance of Δρ over clusters.</param>
/// <param name="Covariance">Covariance of the two.</param>
/// <param name="AccuracyVariance">Variance of Δ_AC.</param>
/// <param name="RadiusSquared">2 (G − 1) / (G − 2) F₂,G₋₂ at the level asked; NaN of fewer than three clusters.</param>
/// <param name="Clusters">Cores, G.</param>
public sealed record JointRegion(double Refusals, double Accuracy, double RefusalVariance, double Covariance, double AccuracyVariance, double RadiusSquared,
    int Clusters)
{
    /// <summary>Whether there is no region, since one of the two does not vary or both vary as one: then only the intervals are to be read.</summary>
    public bool Singular => !(Determinant > 1e-12 * RefusalVariance * AccuracyVariance) || !double.IsFinite(RadiusSquared);

    private double Determinant => RefusalVariance * AccuracyVariance - Covariance * Covariance;

    /// <summary>Whether a pair lies within the region; false where there is none.</summary>
    /// <param name="refusals">A change of refusals.</param>
    /// <param name="accuracy">A change of accuracy.</param>
    public bool Contains(double refusals, double accuracy)
    {
        if (Singular) return false;
        var (x, y) = (refusals - Refusals, accuracy - Accuracy);
        return (AccuracyVariance * x * x - 2 * Covariance * x * y + RefusalVariance * y * y) / Determinant <= RadiusSquared;
    }
}
