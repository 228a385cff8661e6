using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public class MarginTestTests
{
    [Theory]
    [InlineData(-.01, .03, MarginOutcome.Holds, MarginOutcome.Open)]
    [InlineData(-.01, .01, MarginOutcome.Holds, MarginOutcome.Holds)]
    [InlineData(-.05, .01, MarginOutcome.Open, MarginOutcome.Open)]
    [InlineData(-.09, -.03, MarginOutcome.Fails, MarginOutcome.Fails)]
    [InlineData(.03, .05, MarginOutcome.Holds, MarginOutcome.Fails)]
    [InlineData(-.02, .01, MarginOutcome.Open, MarginOutcome.Open)]
    [InlineData(double.NaN, double.NaN, MarginOutcome.Open, MarginOutcome.Open)]
    public void Outcomes_follow_the_bounds(double low, double high, MarginOutcome nonInferior, MarginOutcome equivalent)
    {
        var difference = new Estimate(0, low, high, .9, 100, "");
        Assert.Equal((nonInferior, equivalent), (MarginTest.NonInferior(difference, .02), MarginTest.Equivalent(difference, .02)));
        // A harm is the difference with the other sign.
        Assert.Equal(nonInferior, MarginTest.Below(new Estimate(0, -high, -low, .9, 100, ""), .02));
    }

    [Fact]
    public void The_least_difference_found_of_an_interval_is_that_of_its_error()
    {
        // (1.959964 + .841621) · .01.
        Assert.Equal(.02801585, MeanPower.MinimumDetectable(.01), 1e-8);
        Assert.Equal(.02801585, MeanPower.MinimumDetectable(new Estimate(3, 3 - .01959964, 3 + .01959964, .95, 100, "")), 1e-8);
        Assert.True(double.IsNaN(MeanPower.MinimumDetectable(new Estimate(3, double.NaN, double.NaN, .95, 5, ""))));
    }

    [Fact]
    public void Sizes_undo_the_least_difference()
    {
        foreach (var deviation in (double[])[.1, 1, 7])
        {
            var n = MeanPower.ItemsToDetect(deviation, -.05, .9);
            Assert.True(MeanPower.MinimumDetectable(deviation / Math.Sqrt(n), .9) <= .05);
            Assert.True(MeanPower.MinimumDetectable(deviation / Math.Sqrt(n - 1), .9) > .05);
        }

        // (1.644854 + 1.281552)² · 4 / .01 = 3425.5; half of the margin lost already: four times as many, 13702.2.
        Assert.Equal(3426, MeanPower.ItemsForNonInferiority(2, .1));
        Assert.Equal(13703, MeanPower.ItemsForNonInferiority(2, .1, difference: -.05));
        // (1.644854 + 1.644854)² · 4 / .01.
        Assert.Equal(4329, MeanPower.ItemsForEquivalence(2, .1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MeanPower.ItemsForNonInferiority(2, .1, difference: -.1));
    }
}
