using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class SensitivityMeasureTests
{
    private static readonly string[] s_templates = ["plain", "polite", "brief"];

    private static MeasurementSet Panel(Func<int, int, int, double> log, int items = 40, int samples = 2) => Measure(
        new VetDesign { Panels = [], Windows = [], Templates = [.. s_templates], SensitivityItems = items, SensitivitySamples = samples }, [new SensitivityMeasure()],
        [.. s_templates.Select((t, k) => (SensitivityMeasure.Set(t), (IReadOnlyList<ItemScores>)[.. Enumerable.Range(0, items).Select(i =>
            // Two tokens a sample, so that the item mean is a mean.
            Item($"{i}", "a", [.. Enumerable.Range(0, samples).SelectMany(s => new[] { .5, 1.5 }.Select(f => f * Math.Exp(log(i, k, s))))]) with { Contexts = [.. Enumerable.Repeat(2, samples)] })]))]);

    private static double Value(MeasurementSet found, string figure) => found.Estimate($"sensitivity.{figure}")!.Value.Value;

    [Fact]
    public void A_panel_that_only_templates_move_is_all_template()
    {
        // Means −1, 0 and 1 of the logarithm: variance 1, no other.
        var found = Panel((_, t, _) => t - 1);
        Assert.Equal((1.0, 0.0, 0.0, 0.0), (Value(found, "variance.template"), Value(found, "variance.item"), Value(found, "variance.interaction"), Value(found, "variance.residual")), Close);
        Assert.Equal(1, Value(found, "icc"), 1e-9);
        Assert.Equal(Math.Exp(2), Value(found, "template_range"), 1e-9);
        Assert.Equal(Math.Exp(1.96), Value(found, "fragility"), 1e-9);
        Assert.Equal(Math.Exp(1.96 * Math.Sqrt(1 / 3.0)), Value(found, "headline_factor"), 1e-9);
        Assert.Equal(Math.Exp(-1), Value(found, "template.plain"), 1e-9);
    }

    [Fact]
    public void A_panel_that_templates_do_not_move_has_no_share_of_theirs()
    {
        var found = Panel((i, _, s) => i % 7 + .01 * s);
        Assert.Equal(0, Value(found, "icc"), 1e-3);
        Assert.True(Value(found, "variance.item") > 1);
        Assert.Equal(1, Value(found, "template_range"), 1e-9);
    }

    [Fact]
    public void One_sample_or_a_divergence_of_0_gives_no_components()
    {
        Assert.IsType<NotMeasurable>(Panel((_, t, _) => t, samples: 1).Find("sensitivity.icc")!.Value);
        Assert.IsType<AtFloor>(Panel((i, t, _) => i == 3 && t == 1 ? double.NegativeInfinity : t).Find("sensitivity.icc")!.Value);
    }

    private static readonly IEqualityComparer<(double, double, double, double)> Close = EqualityComparer<(double, double, double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) + Math.Abs(a.Item4 - b.Item4) < 1e-9, _ => 0);
}
