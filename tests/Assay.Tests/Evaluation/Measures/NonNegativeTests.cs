using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>No interval reaches where its parameter cannot be.</summary>
public sealed class NonNegativeTests
{
    // Candidate less base, and logarithms: these alone may be negative.
    private static bool Signed(Measurement m) => m.Id.EndsWith(".delta", StringComparison.Ordinal) || m.Id.EndsWith("_delta", StringComparison.Ordinal)
        || m.Id.Contains(".delta_", StringComparison.Ordinal) || m.Id.EndsWith("drift", StringComparison.Ordinal) || m.Unit == "ln ratio"
        || m.Id.StartsWith("temperature.", StringComparison.Ordinal) || m.Id.StartsWith("sensitivity.variance.", StringComparison.Ordinal)
        || m.Id.EndsWith("plausibility_gap", StringComparison.Ordinal);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bounds_of_whatever_is_not_negative_are_not_negative(int seed)
    {
        var random = new Random(seed);
        // Hardly anything, and a few items with nearly all of it: a studentised bound lies below 0 there.
        TokenScore[] Tokens(bool heavy) => [.. Enumerable.Range(0, 3).Select(_ =>
        {
            var kl = heavy ? 5 * random.NextDouble() : 1e-9 * random.NextDouble();
            return new TokenScore(7, kl, kl / 2, Math.Min(kl / 4, .69), -1, -1 + random.NextDouble() - .5, 1, 1 + random.NextDouble() - .5, random.NextDouble(),
                .5, 1, heavy ? 2 : 1,
                PaddingQ: heavy ? .2 : 0, AddedQ: heavy ? .2 : 0);
        })];
        var design = new VetDesign { Samples = 1 };
        ItemScores[] Items() => [.. Enumerable.Range(0, 40).Select(i => new ItemScores($"{i}", $"{i % 4}", Tokens(i % 20 == 0)) { Core = i })];
        ItemScores[] documents = [.. Enumerable.Range(0, 60).Select(i => new ItemScores($"d{i}", i % 2 == 0 ? "code" : "tales", Tokens(i % 30 == 0)) { Bytes = 10 })];
        var rows = Scores.Measure(design, MeasureCatalogue.All,
            [.. design.Panels.SelectMany(p => new[] { (VetDesign.BaseAnswers(p), Items()), (VetDesign.CandidateAnswers(p), Items()), (VetDesign.BaseAnswers(p, 1), Items()),
                (VetDesign.CandidateAnswers(p, 1), Items()) }).Append((VetDesign.Prose(512), documents)).Select(s => (s.Item1, (IReadOnlyList<ItemScores>)s.Item2))]).All;
        Assert.Contains(rows, r => r.Id == "kld.benign.mean" && r.Value.Estimate.UncutLow < 0); // Else the test shows nothing.
        Assert.All(rows.Where(r => !Signed(r)), r =>
        {
            var e = r.Value.Estimate;
            Assert.True(double.IsNaN(e.Low) || e.Low >= 0, $"{r.Id}: {e.Low}");
            Assert.True(double.IsNaN(e.High) || e.High >= e.Low, $"{r.Id}: {e.High}");
            if (r.Unit == "share") Assert.True(double.IsNaN(e.High) || e.High <= 1, $"{r.Id}: {e.High}");
        });
        Assert.Contains(rows, r => Signed(r) && r.Value.Estimate.Low < 0);
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
