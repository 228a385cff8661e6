using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Statistics;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>protocol.md, "At the floor": figures are raised to it before any ratio or logarithm.</summary>
public sealed class FloorLevelTests
{
    private static Cluster[] Of(params double[] values) => [.. Enumerable.Range(0, 40).SelectMany(_ => values).Select(v => new Cluster("", v))];

    private static Quantity Ratio(Cluster[] above, Cluster[] below, double floorAbove, double floorBelow) =>
        FloorLevel.LogRatio(new Statistician(1), above, below, floorAbove, floorBelow);

    [Fact]
    public void Above_both_floors_it_is_the_ratio_as_it_is() =>
        Assert.Equal(new Statistician(1).LogRatio(Of(2, 4), Of(1, 1.5)), Ratio(Of(2, 4), Of(1, 1.5), .1, .1).Estimate);

    [Fact]
    public void Below_both_it_is_nothing() => Assert.IsType<AtFloor>(Ratio(Of(.01, .02), Of(.01), .1, .1));

    [Fact]
    public void A_figure_at_its_floor_is_the_floor()
    {
        var late = Ratio(Of(2, 4), Of(0, 1e-12), 1e-6, 1e-6).Estimate;
        Assert.Equal(Math.Log(3 / 1e-6), late.Value, 1e-12);
        var mean = new Statistician(1).Mean(Of(2, 4));
        Assert.Equal((Math.Log(mean.Low / 1e-6), Math.Log(mean.High / 1e-6)), (late.Low, late.High));
        var first = Ratio(Of(0, 1e-12), Of(2, 4), 1e-6, 1e-6).Estimate;
        Assert.Equal((-late.Value, -late.High, -late.Low), (first.Value, first.Low, first.High));
    }

    [Fact]
    public void Without_a_floor_above_zero_nothing_is_divided_by_zero() => Assert.IsType<NotMeasurable>(Ratio(Of(2), Of(0), 0, 0));

    [Fact]
    public void A_first_token_that_was_made_perfect_shows_its_late_tokens_as_a_large_finite_ratio()
    {
        var set = VetDesign.BaseAnswers("benign");
        var design = new VetDesign { Panels = ["benign"], Windows = [], Yardsticks = ["floor"] };
        ItemScores[] Items(double first, double late) => [.. Enumerable.Range(0, 40).Select(i =>
            Item($"{i}", "a", [first, .. Enumerable.Repeat(late * (1 + i % 3), 30)]))];
        var found = Measure(design, [new PositionMeasure()], (set, Items(0, .5)), (set.Under("floor"), Items(1e-6, 1e-6)));
        var ratio = found.Estimate("kld.benign.late_over_first")!.Value;
        Assert.Equal(Math.Log(.5 * (Enumerable.Range(0, 40).Average(i => 1 + i % 3)) / 1e-6), ratio.Value, 1e-12);
        Assert.True(ratio.HasInterval && ratio.Low > Math.Log(10));
        Assert.Equal(double.PositiveInfinity, found.Estimate("kld.benign.late_over_first_unfloored")!.Value.Value);
        var same = Measure(design, [new PositionMeasure()], (set, Items(0, 0)), (set.Under("floor"), Items(1e-6, 1e-6)));
        Assert.IsType<AtFloor>(same.Find("kld.benign.late_over_first")!.Value);
    }

    [Fact]
    public void Rates_of_samples_are_raised_to_the_floors_rates()
    {
        ItemScores[] Items(double kl) => [.. Enumerable.Range(0, 40).Select(i => new ItemScores($"{i}", "a", [Token(kl) with { ReverseKl = kl }]) {
            Core = i })];
        ContextSet On(string panel, bool candidate = false) => candidate ? VetDesign.CandidateAnswers(panel, 1) : VetDesign.BaseAnswers(panel, 1);
        var design = new VetDesign { Windows = [], Samples = 1, Yardsticks = ["floor", "rounded-4", "noise-1"] };
        var sets = new List<(ContextSet, IReadOnlyList<ItemScores>)>();
        foreach (var (set, value, floor) in new[] { (On("benign"), 1e-9, 1e-6), (On("benign", true), .3, 2e-6), (On("trigger"), .8, 4e-6),
            (On("trigger", true), 1e-9, 8e-6) })
            sets.AddRange([(set, Items(value)), (set.Under("floor"), Items(floor))]);
        foreach (var (panel, rounded, noise) in new[] { ("benign", .1, .1), ("trigger", .2, .05) })
            sets.AddRange([(On(panel).Under("rounded-4"), Items(rounded)), (On(panel).Under("noise-1"), Items(noise))]);
        var found = Measure(design, [new SequenceMeasure(), new SelectivityMeasure()], [.. sets]);
        Assert.Equal(Math.Log(.3 / 1e-6), found.Estimate("sampled.benign.policy_gap")!.Value.Value, 1e-12);
        Assert.Equal(Math.Log(8e-6 / .8), found.Estimate("sampled.trigger.policy_gap")!.Value.Value, 1e-12);
        Assert.Equal(Math.Log(.8 / 1e-6), found.Estimate("selectivity")!.Value.Value, 1e-12);
        Assert.Equal(Math.Log(.2 / .1), found.Estimate("selectivity_ladder")!.Value.Value, 1e-12);
        Assert.Equal(Math.Log(.8 / 1e-9), found.Estimate("selectivity_unfloored")!.Value.Value, 1e-12);
    }

    [Fact]
    public void Wordings_are_compared_above_the_floor()
    {
        // As if the means had been raised by hand: under the second template half of the items lie below its floor.
        string[] templates = ["plain", "brief"];
        var design = new VetDesign { Panels = [], Windows = [], Templates = [.. templates], SensitivityItems = 40, SensitivitySamples = 2 };
        ItemScores[] Items(Func<int, double> kl) => [.. Enumerable.Range(0, 40).Select(i => Item($"{i}", "a", kl(i), 2 * kl(i)) with { Contexts = [1, 1] })];
        MeasurementSet Of(VetDesign of, Func<double, double> raise, double floor) =>
            Measure(of, [new SensitivityMeasure()], [.. templates.SelectMany((t, k) => new[]
        {
            (SensitivityMeasure.Set(t), (IReadOnlyList<ItemScores>)[.. Items(i => k == 1 && i % 2 == 0 ? 1e-9 : .1 + .01 * i)
                .Select(x => x with { Tokens = [.. x.Tokens.Select(y => y with { Kl = raise(y.Kl) })] })]),
            (SensitivityMeasure.Set(t).Under("floor"), Items(_ => floor / 1.5)),
        })]);
        var (floored, byHand) = (Of(design with { Yardsticks = ["floor"] }, x => x, 1e-3), Of(design, x => Math.Max(x, 1e-3), 1e-3));
        foreach (var id in new[] { "icc", "fragility", "template_range", "headline_factor" })
            Assert.Equal(byHand.Estimate($"sensitivity.{id}")!.Value.Value, floored.Estimate($"sensitivity.{id}")!.Value.Value, 1e-9);
        Assert.IsType<AtFloor>(Of(design with { Yardsticks = ["floor"] }, x => x, 10).Find("sensitivity.icc")!.Value);
    }
}
