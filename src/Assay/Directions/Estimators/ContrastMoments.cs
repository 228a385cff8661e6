using Assay.Directions.Capture;

namespace Assay.Directions.Estimators;

/// <summary>Means and covariances of both sides: all that some estimators need.</summary>
/// <param name="Target">Of the targets.</param>
/// <param name="Baseline">Of the baselines.</param>
public sealed record ContrastMoments(ActivationMoments Target, ActivationMoments Baseline)
{
    /// <summary>Δ, (d): the targets' mean minus the baselines'.</summary>
    public double[] Difference()
    {
        var difference = new double[Target.Width];
        for (var j = 0; j < difference.Length; j++) difference[j] = Target.Mean[j] - Baseline.Mean[j];
        return difference;
    }

    /// <summary>μ, (d): the mean of all samples.</summary>
    public double[] Mean()
    {
        var (n, m) = ((double)Target.Count, (double)Baseline.Count);
        var mean = new double[Target.Width];
        for (var j = 0; j < mean.Length; j++) mean[j] = (n * Target.Mean[j] + m * Baseline.Mean[j]) / (n + m);
        return mean;
    }

    /// <summary>Pooled covariance within the classes, (d, d), divided by n − 2.</summary>
    internal double[] Within()
    {
        var (a, b) = (Target.Count - 1.0, Baseline.Count - 1.0);
        var within = new double[Target.Covariance!.Length];
        for (var i = 0; i < within.Length; i++) within[i] = (a * Target.Covariance[i] + b * Baseline.Covariance![i]) / (a + b);
        return within;
    }

    /// <summary>Covariance of all samples about their common mean, (d, d), divided by n − 1.</summary>
    internal double[] Total()
    {
        var (n, m) = ((double)Target.Count, (double)Baseline.Count);
        var difference = Difference();
        var total = Within();
        for (var i = 0; i < difference.Length; i++)
            for (var j = 0; j < difference.Length; j++)
            {
                var at = i * difference.Length + j;
                total[at] = ((n + m - 2) * total[at] + n * m / (n + m) * difference[i] * difference[j]) / (n + m - 1);
            }

        return total;
    }
}
