using Assay.Checkpoints;
using Assay.Directions.Capture;

namespace Assay.Directions.Estimators;

/// <summary>An estimator that needs no more than means and covariances, so that no row has to be kept.</summary>
public abstract class MomentEstimator : DirectionEstimator
{
    /// <summary>Whether it needs covariances.</summary>
    public virtual bool NeedsCovariances => false;

    /// <summary>Finds components.</summary>
    /// <exception cref="InvalidInputException">The moments do not determine any.</exception>
    public abstract EstimatedComponents Fit(ContrastMoments moments);

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Fit(rows.Moments(NeedsCovariances));
    }

    /// <summary>Finds a direction at a place of captured activations.</summary>
    /// <exception cref="InvalidInputException">The moments do not determine any.</exception>
    public Direction Estimate(ContrastActivations activations, ActivationPlace place)
    {
        ArgumentNullException.ThrowIfNull(activations);
        return ToDirection(Fit(new ContrastMoments(activations.Targets.Moments(place), activations.Baselines.Moments(place))), place);
    }
}
