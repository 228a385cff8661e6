namespace Assay.Directions.Estimators;

/// <summary>Optimal linear shrinkage of a covariance: α S + (1 − α)(tr S / d) I.</summary>
/// <remarks>Bodnar, Gupta and Parolya 2014 (arXiv 1308.2608) with the target (tr S / d) I, as concept-erasure takes it. α is kept within [0, 1]: below 0 it says that S is nothing but noise.
/// S may be given in coordinates of a subspace outside of which it is 0: trace and ‖S‖² are the same there, and d stays that of the whole space.</remarks>
internal static class CovarianceShrinkage
{
    /// <summary>α.</summary>
    /// <param name="covariance">S, (r, r).</param>
    /// <param name="order">r.</param>
    /// <param name="width">d.</param>
    /// <param name="samples">n.</param>
    public static double Weight(ReadOnlySpan<double> covariance, int order, int width, int samples)
    {
        double trace = 0, square = 0;
        for (var i = 0; i < order; i++) trace += covariance[i * order + i];
        foreach (var value in covariance) square += value * value;
        var spread = square - trace * trace / width;
        return spread > 0 ? Math.Clamp(1 - trace * trace / samples / spread, 0, 1) : 0;
    }

    /// <summary>Shrinks in place where asked to.</summary>
    public static void Apply(Shrinkage shrinkage, double[] covariance, int order, int width, int samples)
    {
        if (shrinkage == Shrinkage.None) return;
        var weight = Weight(covariance, order, width, samples);
        double trace = 0;
        for (var i = 0; i < order; i++) trace += covariance[i * order + i];
        for (var i = 0; i < covariance.Length; i++) covariance[i] *= weight;
        for (var i = 0; i < order; i++) covariance[i * order + i] += (1 - weight) * trace / width;
    }
}
