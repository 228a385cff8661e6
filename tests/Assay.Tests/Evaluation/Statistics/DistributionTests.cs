using Assay.Evaluation.Statistics;
using MathNet.Numerics.Distributions;

namespace Assay.Tests.Evaluation.Statistics;

public class DistributionTests
{
    public static TheoryData<double> Probabilities => [1e-12, 1e-6, .01, .05, .0749, .0751, .3, .5, .77, .925, .975, .9999];

    public static IEnumerable<TheoryDataRow<double, double>> Points =>
        from degrees in new[] { 1, 1.5, 4, 29, 399 } from t in new[] { -30.0, -2, -.1, 0, .7, 5 } select new TheoryDataRow<double, double>(degrees, t);

    [Theory, MemberData(nameof(Probabilities))]
    public void Normal_quantiles_agree_with_MathNet(double p)
    {
        var expected = Normal.InvCDF(0, 1, p);
        Assert.Equal(expected, NormalDistribution.Quantile(p), 1e-9 * Math.Max(1, Math.Abs(expected)));
    }

    [Fact]
    public void The_ends_of_the_normal_distribution_are_infinite()
    {
        Assert.Equal(double.NegativeInfinity, NormalDistribution.Quantile(0));
        Assert.Equal(double.PositiveInfinity, NormalDistribution.Quantile(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NormalDistribution.Quantile(double.NaN));
    }

    [Theory, MemberData(nameof(Points))]
    public void Student_probabilities_agree_with_MathNet(double degrees, double t) =>
        Assert.Equal(StudentT.CDF(0, 1, degrees, t), StudentDistribution.Cumulative(t, degrees), 1e-11);

    [Theory, MemberData(nameof(Points))]
    public void Student_quantiles_undo_probabilities(double degrees, double t)
    {
        var p = StudentT.CDF(0, 1, degrees, t);
        if (p is > 1e-8 and < 1 - 1e-8) Assert.Equal(t, StudentDistribution.Quantile(p, degrees), 1e-6 * Math.Max(1, Math.Abs(t)));
        else Assert.Equal(p, StudentDistribution.Cumulative(StudentDistribution.Quantile(Math.Clamp(p, 1e-12, 1 - 1e-12), degrees), degrees), 1e-11);
    }
}
