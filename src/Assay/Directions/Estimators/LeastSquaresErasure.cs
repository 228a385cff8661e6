using System.Numerics.Tensors;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>LEACE: the least change, in the metric of the activations' own covariance, after which no affine read-out tells the two sides apart.</summary>
/// <remarks>x ← x − W⁺ P W (x − μ) with W = Σ^(−1/2) and P the projector onto WΔ. Of two classes P has rank 1 and Δ lies in the range of Σ, so that this is
/// x − Δ (wᵀ(x − μ))/(wᵀΔ) with w = Σ⁺Δ, Σ being the covariance of all samples.</remarks>
/// <param name="shrinkage">Of Σ.</param>
public sealed class LeastSquaresErasure(Shrinkage shrinkage = Shrinkage.Optimal) : MomentEstimator
{
    /// <inheritdoc/>
    public override string Name => "leace";

    /// <inheritdoc/>
    public override string Source => "Belrose et al. 2023, \"LEACE: perfect linear concept erasure in closed form\" (arXiv 2306.03819)";

    /// <inheritdoc/>
    public override string Summary => "The least affine change that leaves nothing for a linear read-out.";

    /// <inheritdoc/>
    public override bool NeedsCovariances => true;

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastMoments moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        return new EstimatedComponents([moments.Difference()], [Readout(moments, moments.Target.Width)], moments.Mean());
    }

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!rows.SpanIsSmaller) return base.Fit(rows);
        // Δ lies in the samples' span, outside of which Σ is 0 or, shrunk, a multiple of the identity: so does the solution, and no (d, d) matrix is needed.
        var moments = rows.Moments(covariance: false);
        return new EstimatedComponents([moments.Difference()], [rows.FromSpan(Readout(rows.InSpan().Moments(covariance: true), rows.Width))], moments.Mean());
    }

    /// <summary>Σ⁺Δ in the moments' coordinates.</summary>
    private double[] Readout(ContrastMoments moments, int width)
    {
        var (difference, total) = (moments.Difference(), moments.Total());
        CovarianceShrinkage.Apply(shrinkage, total, difference.Length, width, moments.Target.Count + moments.Baseline.Count);
        return Cholesky.Factor(total, difference.Length)?.Solve(difference) ?? PseudoSolve(total, difference);
    }

    /// <summary>Σ⁺Δ.</summary>
    private static double[] PseudoSolve(double[] covariance, double[] difference)
    {
        var n = difference.Length;
        var (values, vectors) = SymmetricEigen.Decompose(covariance, n);
        var solution = new double[n];
        for (var i = 0; i < n && values[i] > 1e-12 * values[0]; i++)
        {
            var vector = vectors.AsSpan(i * n, n);
            TensorPrimitives.FusedMultiplyAdd(vector, DoubleVectors.Dot(vector, difference) / values[i], solution, solution);
        }

        return solution;
    }
}
