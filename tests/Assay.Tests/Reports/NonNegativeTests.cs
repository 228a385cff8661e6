using Assay.Evaluation;
using Assay.Evaluation.Vetting;
using Assay.Reports;

namespace Assay.Tests.Reports;

/// <summary>No interval reaches where its parameter cannot be.</summary>
public sealed class NonNegativeTests
{
    // Candidate less base: these alone may be negative.
    private static bool Signed(string id) => id.EndsWith(".delta", StringComparison.Ordinal) || id.Contains(".delta_", StringComparison.Ordinal)
        || id.EndsWith(".drift", StringComparison.Ordinal)
        || id.EndsWith(".late_over_first_unfloored", StringComparison.Ordinal);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bounds_of_whatever_is_not_negative_are_not_negative(int seed)
    {
        var random = new Random(seed);
        // Hardly anything, and a few items with nearly all of it: a studentised bound lies below 0 there.
        TokenScore[] Scores(bool heavy) => [.. Enumerable.Range(0, 3).Select(_ =>
        {
            var kl = heavy ? 5 * random.NextDouble() : 1e-9 * random.NextDouble();
            return new TokenScore(7, kl, kl / 2, Math.Min(kl / 4, .69), -1, -1 + random.NextDouble() - .5, 1, 1 + random.NextDouble() - .5, random.NextDouble(),
                .5, 1, heavy ? 2 : 1,
                PaddingQ: heavy ? .2 : 0, AddedQ: heavy ? .2 : 0);
        })];
        var items = new[] { "benign", "trigger" }.SelectMany(panel => Enumerable.Range(0, 40)
            .Select(i => new VetItem($"{panel}/{i}", panel, $"{i % 4}", "", [1], [1], false, Scores(i % 20 == 0)))).ToList();
        var documents = Enumerable.Range(0, 60).Select(i => new VetDocument($"d{i}", i % 2 == 0 ? "code" : "tales", 10, [1], Scores(i % 30 == 0))).ToList();
        var panels = new[] { "benign", "trigger" }.Select(panel => PanelMeasures.Compute(panel, [.. items.Where(i => i.Panel == panel)], 1)!).ToList();
        Assert.Contains(panels, p => p.Kl.Headline.UncutLow < 0); // Else the test shows nothing.
        var plan = PlanTests.Plan() with { Seed = 1, Domains = ["code", "tales"] };
        var rows = VetReport.Rows(VetMeasures.Compute(plan, new VetSamples(items, documents)));
        Assert.All(rows.Where(r => !Signed(r.Id)), r =>
        {
            Assert.True(double.IsNaN(r.Low) || r.Low >= 0, $"{r.Id}: {r.Low}");
            Assert.True(double.IsNaN(r.High) || r.High >= r.Low, $"{r.Id}: {r.High}");
            if (r.Unit == "share") Assert.True(double.IsNaN(r.High) || r.High <= 1, $"{r.Id}: {r.High}");
        });
        Assert.Contains(rows, r => Signed(r.Id) && r.Low < 0);
    }

    [Theory]
    [InlineData(-1, 2, 0, 2)]
    [InlineData(.2, 2, .2, 1.5)]
    [InlineData(-3, -1, 0, 0)]
    [InlineData(double.NegativeInfinity, double.PositiveInfinity, 0, 1.5)]
    public void A_bound_is_cut_at_the_end_of_the_range_and_what_it_was_stays_known(double low, double high, double cutLow, double cutHigh)
    {
        var most = cutHigh == 1.5 ? 1.5 : double.PositiveInfinity;
        var cut = new Estimate(.5, low, high, .95, 40, "bootstrap-t").Within(0, most);
        Assert.Equal((.5, cutLow, cutHigh, "bootstrap-t", low), (cut.Value, cut.Low, cut.High, cut.Method, cut.UncutLow));
    }

    [Fact]
    public void What_has_no_interval_gets_none()
    {
        var none = new Estimate(-1, double.NaN, double.NaN, .95, 4, "fewer than 30 clusters");
        Assert.Equal(none, none.Within(0));
    }
}
