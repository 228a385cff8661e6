using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Statistics;

public class MultipleTestingTests
{
    [Fact]
    public void Holm_and_Benjamini_Hochberg_by_hand()
    {
        double[] p = [.04, .01, .03, .5];
        // Ascending .01 .03 .04 .5, times 4 3 2 1, never falling; and times 4/1 4/2 4/3 4/4, never rising from the largest down.
        Assert.Equal([.09, .04, .09, .5], HolmAdjustment.Compute(p).Select(v => Math.Round(v, 12)));
        Assert.Equal([.16 / 3, .04, .16 / 3, .5], BenjaminiHochbergAdjustment.Compute(p), Close);
        Assert.Empty(HolmAdjustment.Compute([]));
        Assert.Empty(BenjaminiHochbergAdjustment.Compute([]));
    }

    [Fact]
    public void A_family_fixed_before_the_run_counts_tests_that_were_not_made()
    {
        Assert.Equal(HolmAdjustment.Compute([.01, .02, 1, 1, 1])[..2], HolmAdjustment.Compute([.01, .02], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => HolmAdjustment.Compute([.01, .02], 1));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-.1)]
    [InlineData(1.1)]
    public void What_is_no_probability_is_refused(double p)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HolmAdjustment.Compute([.5, p]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BenjaminiHochbergAdjustment.Compute([.5, p]));
    }

    [Fact]
    public void Groups_hold_exactly_the_pairs_that_are_not_told_apart()
    {
        var random = new System.Random(6);
        for (var round = 0; round < 200; round++)
        {
            var n = random.Next(0, 9);
            var differ = new bool[n, n];
            for (var a = 0; a < n; a++)
                for (var b = a + 1; b < n; b++) differ[a, b] = random.Next(2) == 0;
            var groups = TieGroups.Of(n, (a, b) => differ[a, b]);
            for (var a = 0; a < n; a++)
            {
                Assert.Contains(groups, g => g.Contains(a));
                for (var b = a + 1; b < n; b++) Assert.Equal(!differ[a, b], groups.Any(g => g.Contains(a) && g.Contains(b)));
            }

            foreach (var g in groups) Assert.Single(groups, other => g.All(other.Contains));
        }
    }

    [Fact]
    public void Candidates_are_told_apart_where_their_paired_difference_is_and_not_by_overlap()
    {
        var random = new System.Random(3);
        var common = Enumerable.Range(0, 60).Select(_ => 10 * random.NextDouble()).ToArray();
        // The first two differ by about .55 on every item, in a spread of 10 that they share; the third is half a standard error from either.
        System.Collections.Immutable.ImmutableArray<double>[] values = [[.. common], [.. common.Select(v => v + .5 + .1 * random.NextDouble())],
            [.. common.Select((v, i) => v + (i % 2 == 0 ? 4 : -3.4))]];
        var found = CandidateComparison.Compute(values, 4);
        Assert.True(found.Differences[0][1].High < 0);
        Assert.Equal(-found.Differences[0][1].Low, found.Differences[1][0].High);
        Assert.Equal([[0, 2], [1, 2]], found.TieGroups.Select(g => g.ToArray()));
        // Two candidates: the same as against a reference.
        Assert.Equal(PairedMaxT.Differences(values[..2], 0, 4)[1].Low, CandidateComparison.Compute(values[..2], 4).Differences[1][0].Low, 1e-12);
        Assert.Equal([[0, 1]], CandidateComparison.Compute([[1, 2, 3], [2, 3, 9]], 1).TieGroups.Select(g => g.ToArray()));
        Assert.Empty(CandidateComparison.Compute([], 1).TieGroups);
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-12;
}
