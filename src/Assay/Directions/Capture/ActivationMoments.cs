namespace Assay.Directions.Capture;

/// <summary>Mean and, where it was asked for, covariance of activations.</summary>
/// <param name="Count">Activations, n.</param>
/// <param name="Mean">(d).</param>
/// <param name="Covariance">(d, d), divided by n − 1; null where it was not asked for.</param>
public sealed record ActivationMoments(int Count, double[] Mean, double[]? Covariance)
{
    /// <summary>d.</summary>
    public int Width => Mean.Length;
}
