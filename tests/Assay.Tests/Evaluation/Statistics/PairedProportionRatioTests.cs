using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public sealed class PairedProportionRatioTests
{
    private static (bool First, bool Second)[] Pairs(int both, int first, int second, int neither) =>
        [.. Enumerable.Repeat((true, true), both), .. Enumerable.Repeat((true, false), first), .. Enumerable.Repeat((false, true), second),
            .. Enumerable.Repeat((false, false), neither)];

    [Fact]
    public void The_ends_are_where_they_have_to_be()
    {
        var none = PairedProportionRatio.Compute(Pairs(0, 0, 180, 20));
        Assert.Equal((0.0, 0.0), (none.Value, none.Low));
        // Wilson's upper bound of 0 of 200 is .0188, over 90 %.
        Assert.InRange(none.High, .0188, .03);
        var same = PairedProportionRatio.Compute(Pairs(150, 0, 0, 50));
        Assert.Equal(1, same.Value);
        Assert.InRange(same.Low, .85, 1);
        Assert.InRange(same.High, 1, 1.15);
        Assert.True(double.IsPositiveInfinity(PairedProportionRatio.Compute(Pairs(0, 5, 0, 2)).High));
        Assert.False(PairedProportionRatio.Compute([]).HasInterval);
    }

    /// <summary>Counted from 4,000 samples of 120 pairs: the interval holds the true ratio as often as it says, within three standard errors and what such
    /// intervals are known to miss.</summary>
    [Theory]
    [InlineData(.45, .05, .4, .1)]
    [InlineData(.8, .05, .05, .1)]
    [InlineData(.05, .05, .8, .1)]
    public void The_interval_covers_the_ratio(double both, double first, double second, double neither)
    {
        Assert.Equal(1, both + first + second + neither, 1e-12);
        var random = new Random(17);
        var (truth, held) = ((both + first) / (both + second), 0);
        for (var round = 0; round < 4000; round++)
        {
            var pairs = Enumerable.Range(0, 120).Select(_ => random.NextDouble() switch
            {
                var u when u < both => (true, true),
                var u when u < both + first => (true, false),
                var u when u < both + first + second => (false, true),
                _ => (false, false),
            }).ToArray();
            var found = PairedProportionRatio.Compute(pairs);
            if (found.Low <= truth && truth <= found.High) held++;
        }

        Assert.InRange(held / 4000.0, .93, .98);
    }
}
