namespace Assay.Directions.Estimators;

/// <summary>Right singular vectors of the pairs' differences, not centred: the first is a noisy difference of means, the others mostly what the prompts are about.</summary>
/// <param name="components">How many, at most.</param>
public sealed class PairedSvd(int components = 1) : DirectionEstimator
{
    /// <inheritdoc/>
    public override string Name => "paired_svd";

    /// <inheritdoc/>
    public override string Source => "arXiv 2512.18901; before it Zou et al. 2023, \"Representation engineering\" (arXiv 2310.01405)";

    /// <inheritdoc/>
    public override string Summary => "Leading right singular vectors of the differences of pairs.";

    /// <inheritdoc/>
    public override bool UsesPairs => true;

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (_, vectors) = PairedDifferences.Decompose(rows, centred: false, components);
        return vectors.Length > 0 ? new EstimatedComponents(vectors) : throw Undetermined("all pairs are equal");
    }
}
