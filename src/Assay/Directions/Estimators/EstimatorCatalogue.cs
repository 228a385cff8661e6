using Assay.Checkpoints;

namespace Assay.Directions.Estimators;

/// <summary>The estimators by name. The bi-projected difference is missing: each layer that is edited has its own (<see cref="BiprojectedDifference"/>).</summary>
public static class EstimatorCatalogue
{
    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["difference_in_means", "geometric_median", "paired_svd", "paired_pca", "fisher", "fisher_orthogonal", "logistic", "logistic_orthogonal", "leace", "projected_difference", "random"];

    /// <summary>Names of those that find as many components as they are asked for.</summary>
    public static IReadOnlyList<string> Several { get; } = ["paired_svd", "paired_pca", "random"];

    /// <summary>An estimator by name.</summary>
    /// <exception cref="InvalidInputException">There is none of this name.</exception>
    public static DirectionEstimator Create(string name, EstimatorOptions? options = null)
    {
        options ??= new EstimatorOptions();
        return name switch
        {
            "difference_in_means" => new DifferenceInMeans(),
            "geometric_median" => new GeometricMedianDifference(),
            "paired_svd" => new PairedSvd(options.Components),
            "paired_pca" => new PairedPca(options.Components),
            "fisher" => new WhitenedDifference(options.Shrinkage),
            "fisher_orthogonal" => new WhitenedDifference(options.Shrinkage, oblique: false),
            "logistic" => new LogisticProbe(options.InversePenalty),
            "logistic_orthogonal" => new LogisticProbe(options.InversePenalty, oblique: false),
            "leace" => new LeastSquaresErasure(options.Shrinkage),
            "projected_difference" => new ProjectedDifference(),
            "random" => new RandomDirection(options.Seed, options.Components),
            _ => throw new InvalidInputException($"There is no estimator {name}; expected one of {string.Join(", ", Names)}."),
        };
    }
}
