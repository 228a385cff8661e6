namespace Assay.Directions.Components;

/// <summary>What one component of an estimator is: whether it tells the two sides apart, or is something that the prompts are about.</summary>
/// <param name="Estimator">Whose.</param>
/// <param name="Component">Which, from 0.</param>
/// <param name="CosineToDifference">Cosine to the difference of means, of either sign; of a read-out, the read-out's.</param>
/// <param name="BetweenShare">Share of its variance over all samples that lies between the sides, 0 to 1.</param>
/// <param name="Separation">|difference of the sides' means| / pooled standard deviation along it, on the samples it was estimated on; infinite where neither side varies, NaN of one sample a side.</param>
/// <param name="Permutation">Whether shuffled labels separate as well; null where it was not asked for, or not measurable: fewer than two samples on a side, or no number for a separation.</param>
/// <param name="HeldOut">Separability of samples it was not estimated on; null where there are none.</param>
/// <param name="PairsAreReal">Whether the pairs it was estimated on are two forms of one prompt; null for an estimator that looks at none.</param>
public sealed record ComponentReport(
    string Estimator,
    int Component,
    double CosineToDifference,
    double BetweenShare,
    double Separation,
    PermutationResult? Permutation,
    HeldOutSeparation? HeldOut,
    bool? PairsAreReal);
