using Assay.Directions.Capture;

namespace Assay.Directions.Estimators;

/// <summary>The difference of means where it was measured, without its component along the baselines' mean of the layer that is edited. Each layer that is edited has its own.</summary>
public sealed class BiprojectedDifference : DirectionEstimator
{
    private readonly ContrastRows? _edited;
    private readonly double[] _mean = [];

    /// <summary>With the baselines' mean of the layer that is edited.</summary>
    /// <param name="editedMean">(d).</param>
    public BiprojectedDifference(double[] editedMean)
    {
        ArgumentNullException.ThrowIfNull(editedMean);
        _mean = editedMean;
    }

    /// <summary>With the same samples' activations of the layer that is edited, whose mean then follows the labels (permutation tests).</summary>
    /// <param name="edited">As many rows as will be fitted, in the same order.</param>
    public BiprojectedDifference(ContrastRows edited) => _edited = edited;

    /// <inheritdoc/>
    public override string Name => "biprojected_difference";

    /// <inheritdoc/>
    public override string Source => "grimjim 2025, \"Norm-preserving biprojected abliteration\" (huggingface.co/blog/grimjim/norm-preserving-biprojected-abliteration)";

    /// <inheritdoc/>
    public override string Summary => "The difference of means, orthogonal to the baselines' mean of the layer that is edited.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var mean = _edited is null ? _mean : rows.At(_edited).Moments(covariance: false).Baseline.Mean;
        return new EstimatedComponents([ProjectedDifference.Without(rows.Moments(covariance: false).Difference(), mean)]);
    }

    /// <summary>Finds a direction from moments alone.</summary>
    /// <param name="moments">Where the difference is measured.</param>
    /// <param name="place">That place.</param>
    public Direction Estimate(ContrastMoments moments, ActivationPlace? place = null)
    {
        ArgumentNullException.ThrowIfNull(moments);
        if (_edited is not null) throw new InvalidOperationException("The edited layer's mean is given by rows; fit rows.");
        return ToDirection(new EstimatedComponents([ProjectedDifference.Without(moments.Difference(), _mean)]), place);
    }
}
