namespace Assay.Evaluation.Diffing;

/// <summary>The singular values of a difference, against those that rounding to the stored type leaves by itself.</summary>
/// <param name="Leading">Largest singular values, descending.</param>
/// <param name="Rank">Effective rank: singular values above <paramref name="NoiseEdge"/>.</param>
/// <param name="RankIsLowerBound">Whether there may be more of them than were looked for.</param>
/// <param name="NoiseEdge">The largest singular value of a matrix of rounding errors alone.</param>
/// <param name="StableRank">‖D‖²_F / σ₁² (Rudelson and Vershynin 2007, "Sampling from large matrices").</param>
/// <param name="EnergyOutside">Share of ‖D‖²_F outside the first <paramref name="Rank"/> directions.</param>
/// <param name="NoiseEnergy">Share of ‖D‖²_F that rounding alone is expected to make up; may exceed 1 where hardly anything differs.</param>
/// <param name="OverIndependent">σ₁ over that of independent entries of the same energy, ‖D‖_F (1/√m + 1/√n) (Marchenko and Pastur 1967): near 1 for noise, more where the change has directions.</param>
/// <param name="Exact">Whether all singular values were computed; otherwise the values are lower bounds.</param>
/// <param name="TestVectors">Random test vectors of a sampled spectrum; 0 where exact.</param>
public sealed record DifferenceSpectrum(
    IReadOnlyList<double> Leading, int Rank, bool RankIsLowerBound, double NoiseEdge, double StableRank, double EnergyOutside, double NoiseEnergy, double OverIndependent, bool Exact, int TestVectors)
{
    /// <summary>How it was computed, in words.</summary>
    public string Method => Exact
        ? "exact: eigenvalues of the Gram matrix of the smaller side, in double"
        : $"sampled: randomised range finder, {TestVectors} test vectors, 2 power iterations; singular values are lower bounds, energies exact";
}
