using Assay.Models.Sampling;

namespace Assay.Directions.Estimators;

/// <summary>Gaussian directions of unit length: the control that any estimator must beat.</summary>
/// <param name="seed">Of the draw.</param>
/// <param name="components">How many, orthonormal.</param>
public sealed class RandomDirection(long seed, int components = 1) : DirectionEstimator
{
    /// <inheritdoc/>
    public override string Name => "random";

    /// <inheritdoc/>
    public override string Source => "Muller 1959, \"A note on a method for generating points uniformly on n-dimensional spheres\"";

    /// <inheritdoc/>
    public override string Summary => "A direction drawn uniformly from the sphere.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new EstimatedComponents(Draw(rows.Width));
    }

    /// <summary>Draws for a residual stream of this width.</summary>
    public Direction Of(int width) => ToDirection(new EstimatedComponents(Draw(width)), null);

    /// <summary>The strength at which random directions change the weights as much as a found one does at strength 1: √(Σ‖vᵀW‖² / Σ‖uᵀW‖²), so that Σ‖ΔW‖² is the same.</summary>
    /// <param name="found">Σ‖vᵀW‖² over all matrices and components edited.</param>
    /// <param name="random">Σ‖uᵀW‖² of the random directions at the same places.</param>
    public static double Strength(double found, double random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(found);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(random);
        return Math.Sqrt(found / random);
    }

    // Box and Muller 1958; the uniform number is taken from 1, which it never is.
    private IReadOnlyList<double[]> Draw(int width) => Orthonormal([.. Enumerable.Range(0, components).Select(k => Enumerable.Range(0, width)
        .Select(j => Math.Sqrt(-2 * Math.Log(1 - CounterRandom.Uniform(seed, k, 2L * j))) * Math.Cos(2 * Math.PI * CounterRandom.Uniform(seed, k, 2L * j + 1))).ToArray())]);
}
