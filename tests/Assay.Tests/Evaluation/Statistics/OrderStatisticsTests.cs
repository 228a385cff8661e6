using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public class OrderStatisticsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(.5, 3)]
    [InlineData(.25, 1.75)]
    [InlineData(1, 10)]
    public void Quantiles_interpolate_between_order_statistics(double p, double expected) => Assert.Equal(expected, OrderStatistics.Quantile([1, 2, 4, 10], p), 1e-15);

    [Theory]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(200, 2)]
    [InlineData(3, 1)]
    public void The_tail_beyond_99_percent_holds_a_hundredth_rounded_up(int n, int expected) => Assert.Equal(expected, OrderStatistics.TailCount(n, .99m));

    [Fact]
    public void Tail_mean_is_over_the_largest_values() => Assert.Equal(9.5, OrderStatistics.TailMean([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], .8m));

    [Fact]
    public void Trimming_leaves_out_whole_values_at_both_ends()
    {
        double[] twenty = [.. Enumerable.Range(0, 19).Select(i => 1.0), 1000];
        Assert.Equal(1, OrderStatistics.TrimmedMean(twenty, .05m));
        Assert.Equal((18 + 1000) / 19.0, OrderStatistics.TrimmedMean(twenty.AsSpan(1), .05m), 1e-12);
    }

    [Fact]
    public void Infinite_values_stay_infinite_and_make_nothing_undefined()
    {
        double[] values = [1, 2, double.PositiveInfinity, double.PositiveInfinity];
        Assert.Equal(double.PositiveInfinity, OrderStatistics.Quantile(values, .5));
        Assert.Equal(1.5, OrderStatistics.Quantile(values, .5 / 3), 1e-15);
        Assert.Equal(double.PositiveInfinity, FixedOrderSum.Of(values));
    }

    [Fact]
    public void Sums_keep_what_a_plain_sum_loses() => Assert.Equal(2, FixedOrderSum.Of([1, 1e100, 1, -1e100]));

    [Fact]
    public void Quantiles_and_sums_agree_with_MathNet()
    {
        var random = new System.Random(5);
        for (var n = 1; n < 40; n++)
        {
            var values = Enumerable.Range(0, n).Select(_ => random.NextDouble()).Order().ToArray();
            foreach (var p in new[] { .1, .5, .9, .99 })
                Assert.Equal(MathNet.Numerics.Statistics.SortedArrayStatistics.QuantileCustom(values, p, MathNet.Numerics.Statistics.QuantileDefinition.R7), OrderStatistics.Quantile(values, p), 1e-14);
            if (n > 1) Assert.Equal(MathNet.Numerics.Statistics.ArrayStatistics.StandardDeviation(values), FixedOrderSum.StandardDeviation(values), 1e-14);
        }
    }
}
