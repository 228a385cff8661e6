namespace Assay.Directions.Estimators;

/// <summary>What estimators can be told.</summary>
public sealed record EstimatorOptions
{
    /// <summary>Of covariances before they are inverted.</summary>
    public Shrinkage Shrinkage { get; init; } = Shrinkage.Optimal;

    /// <summary>Components of paired SVD, paired PCA and random directions.</summary>
    public int Components { get; init; } = 1;

    /// <summary>C of the logistic probe.</summary>
    public double InversePenalty { get; init; } = 1;

    /// <summary>Of random directions.</summary>
    public long Seed { get; init; }
}
