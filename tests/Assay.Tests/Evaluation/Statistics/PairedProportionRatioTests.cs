using Assay.Evaluation;
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

    /// <summary>Of 60 groups of six pairs that mostly agree within a group, the interval of single pairs is too narrow and that of groups is not.</summary>
    [Fact]
    public void Pairs_of_one_group_count_together()
    {
        var random = new Random(19);
        const double truth = .5 / .8;
        var (together, single) = (0, 0);
        for (var round = 0; round < 2000; round++)
        {
            var groups = Enumerable.Range(0, 60).Select(_ =>
            {
                var (first, second) = (random.NextDouble() < .5, random.NextDouble() < .8);
                return Enumerable.Range(0, 6).Select(_ => (random.NextDouble() < .9 ? first : random.NextDouble() < .5,
                    random.NextDouble() < .9 ? second : random.NextDouble() < .8)).ToArray();
            }).ToArray();
            if (Holds(PairedProportionRatio.Clustered(groups))) together++;
            if (Holds(PairedProportionRatio.Compute([.. groups.SelectMany(g => g)]))) single++;
        }

        Assert.InRange(together / 2000.0, .92, .98);
        Assert.InRange(single / 2000.0, .4, .8);

        static bool Holds(Estimate e) => e.Low <= truth && truth <= e.High;
    }

    [Fact]
    public void Groups_of_one_pair_are_single_pairs()
    {
        (bool, bool)[] pairs = [.. Enumerable.Range(0, 50).Select(i => (i % 3 == 0, i % 4 != 0))];
        Assert.Equal(PairedProportionRatio.Compute(pairs), PairedProportionRatio.Clustered([.. pairs.Select(p => new[] { p })]));
    }
}
