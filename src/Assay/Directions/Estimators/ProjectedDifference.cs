using System.Numerics.Tensors;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>The difference of means without its component along the baselines' mean, so that its removal leaves that mean's length alone.</summary>
public sealed class ProjectedDifference : MomentEstimator
{
    /// <inheritdoc/>
    public override string Name => "projected_difference";

    /// <inheritdoc/>
    public override string Source => "grimjim 2025, \"Projected abliteration\" (huggingface.co/blog/grimjim/projected-abliteration)";

    /// <inheritdoc/>
    public override string Summary => "The difference of means, orthogonal to the baselines' mean.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastMoments moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        return new EstimatedComponents([Without(moments.Difference(), moments.Baseline.Mean)]);
    }

    /// <summary>A vector without its component along another; as it is where that one is 0.</summary>
    internal static double[] Without(double[] vector, ReadOnlySpan<double> other)
    {
        var square = DoubleVectors.Dot(other, other);
        if (square > 0) TensorPrimitives.FusedMultiplyAdd(other, -DoubleVectors.Dot(other, vector) / square, vector, vector);
        return vector;
    }
}
