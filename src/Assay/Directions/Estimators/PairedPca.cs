namespace Assay.Directions.Estimators;

/// <summary>Principal components of the pairs' differences. Their mean, which is the difference of means, is taken off first: what is left is how pairs differ from each other.</summary>
/// <param name="components">How many, at most.</param>
public sealed class PairedPca(int components = 1) : DirectionEstimator
{
    /// <inheritdoc/>
    public override string Name => "paired_pca";

    /// <inheritdoc/>
    public override string Source => "Zou et al. 2023, \"Representation engineering\" (arXiv 2310.01405); Pearson 1901, \"On lines and planes of closest fit\"";

    /// <inheritdoc/>
    public override string Summary => "Leading principal components of the centred differences of pairs.";

    /// <inheritdoc/>
    public override bool UsesPairs => true;

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (_, vectors) = PairedDifferences.Decompose(rows, centred: true, components);
        return vectors.Length > 0 ? new EstimatedComponents(vectors) : throw Undetermined("all pairs differ alike");
    }
}
