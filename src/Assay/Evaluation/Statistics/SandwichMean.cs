namespace Assay.Evaluation.Statistics;

/// <summary>The mean of clusters with an interval from its clustered standard error: quick, symmetric, and good where clusters are many and not
/// skewed.</summary>
/// <remarks>Liang and Zeger, Longitudinal data analysis using generalized linear models, 1986, with G/(G−1); Student's t with G − strata degrees of
/// freedom.</remarks>
public static class SandwichMean
{
    /// <summary>The mean (total over weight within a stratum, strata weighted equally) ± t · standard error.</summary>
    /// <param name="clusters">Clusters; those without weight are passed over.</param>
    /// <param name="level">Coverage asked, in (0, 1).</param>
    public static Estimate Compute(IReadOnlyList<Cluster> clusters, double level = .95)
    {
        var kept = clusters.Where(c => c.Weight != 0).ToArray();
        if (kept.Length == 0) return new Estimate(double.NaN, double.NaN, double.NaN, level, 0, "no data");
        var (mean, error, strata) = ClusterBootstrap.MeanAndError(kept);
        var degrees = kept.Length - strata;
        if (!double.IsFinite(mean)) return new Estimate(mean, double.NaN, double.NaN, level, kept.Length, "a value is not finite");
        if (degrees < 1) return new Estimate(mean, double.NaN, double.NaN, level, kept.Length, "no stratum has two clusters");
        var half = StudentDistribution.Quantile(.5 + level / 2, degrees) * error;
        return new Estimate(mean, mean - half, mean + half, level, kept.Length, "sandwich");
    }
}
