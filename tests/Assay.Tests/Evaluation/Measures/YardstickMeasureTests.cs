using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Yardsticks;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class YardstickMeasureTests
{
    private static readonly VetDesign s_design = new() { Panels = [VetDesign.Benign], Windows = [], Yardsticks = ["floor", "rounded-4", "rounded-3", "rounded-2"], YardstickItems = 32 };

    private static MeasurementSet Found(double candidate, double floor = 1e-6)
    {
        ItemScores[] Of(double mean, int count) => [.. Enumerable.Range(0, count).Select(i => Item($"{i}", "a", mean * (1 + .1 * (i % 3 - 1))))];
        var set = VetDesign.BaseAnswers(VetDesign.Benign);
        return Measure(s_design, [new YardstickMeasure()], (set.Under("rounded-2"), Of(1, 33)[..33]), (set.Under("rounded-3"), Of(.1, 33)), (set.Under("rounded-4"), Of(.01, 33)), (set.Under("floor"), Of(floor, 33)),
            (set, Of(candidate, 33)));
    }

    [Fact]
    public void Needs_name_the_candidate_and_every_yardstick_on_the_first_items()
    {
        var needs = new YardstickMeasure().NeedsOf(s_design).Sets;
        Assert.Equal(["candidate", "floor", "rounded-4", "rounded-3", "rounded-2"], needs.Select(n => n.Set.Subject));
        Assert.All(needs, n => Assert.Equal(32, n.Items));
    }

    [Theory]
    [InlineData(.01, 4, "≈ RTN-4")]
    [InlineData(.1, 3, "≈ RTN-3")]
    [InlineData(.0316227766, 3.5, "≈ RTN-3.5")]
    [InlineData(2, 2, "< RTN-2")]
    [InlineData(1e-4, 4, "> RTN-4")]
    public void A_candidate_stands_on_the_rung_that_does_as_much(double mean, double bits, string words)
    {
        var rung = Found(mean).Find("yardstick.kld.benign.rung")!;
        Assert.Equal(bits, rung.Value.Estimate.Value, 1e-6);
        Assert.EndsWith(words, rung.Where.Words, StringComparison.Ordinal);
        Assert.True(rung.Value.Estimate.Low <= rung.Value.Estimate.High);
    }

    [Fact]
    public void Multiples_of_the_floor_are_paired_and_at_the_floor_there_is_none()
    {
        var times = Found(.01).Estimate("yardstick.kld.benign.times_floor")!.Value;
        Assert.Equal(1e4, times.Value, 1e-6);
        Assert.InRange(times.High / times.Low, 1, 1 + 1e-9);
        Assert.IsType<AtFloor>(Found(0).Find("yardstick.kld.benign.times_floor")!.Value);
        Assert.IsType<NotMeasurable>(Found(.01, floor: 0).Find("yardstick.kld.benign.times_floor")!.Value);
    }

    /// <summary>EQUIVALENT holds this against ln 2: a candidate below the floor is at it, and one that differs nowhere has the bound 0.</summary>
    [Theory]
    [InlineData(.01, 1e-6, 9.21034037197618)]
    [InlineData(1e-7, 1e-6, 0)]
    [InlineData(0, 1e-6, 0)]
    public void Above_the_floor_a_mean_is_raised_to_it(double candidate, double floor, double expected)
    {
        var over = Found(candidate, floor).Estimate("yardstick.kld.benign.over_floor")!.Value;
        Assert.Equal(expected, over.Value, 1e-9);
        Assert.InRange(over.High, over.Value, over.Value + 1e-9);
        Assert.IsType<NotMeasurable>(Found(candidate, floor: 0).Find("yardstick.kld.benign.over_floor")!.Value);
    }

    /// <summary>The worst tenth of 33 items are four: item means are .009, .01 and .011 in turn.</summary>
    [Fact]
    public void The_worst_items_under_four_bits_are_told() =>
        Assert.Equal(.011, Found(.01).Estimate("yardstick.kld.benign.rounded-4.cvar90_items")!.Value.Value, 1e-12);

    [Fact]
    public void A_ladder_that_is_not_monotone_is_made_so()
    {
        var ladder = new Ladder([(2, 1), (3, .01), (4, .04), (5, .001), (6, 0), (8, double.NaN)]);
        Assert.Equal(4, ladder.Count);
        // Rungs 3 and 4 are pooled at the geometric mean .02.
        Assert.Equal(4, ladder.Rung(.02 * (1 - 1e-12)).Bits, 1e-9);
        Assert.Equal(2, ladder.Rung(1).Bits, 1e-12);
        Assert.InRange(ladder.Rung(.5).Bits, 2, 3);
        Assert.Throws<InvalidOperationException>(() => new Ladder([(2, 1)]).Rung(1));
    }
}
