using Assay.Directions.Components;
using Assay.Directions.Estimators;
using Assay.Models.Kernels;
using Assay.Tests.Directions.Estimators;

namespace Assay.Tests.Directions.Components;

public sealed class ComponentReporterTests
{
    [Fact]
    public void The_difference_of_means_is_itself_separates_and_holds_up()
    {
        var (rows, heldOut) = (SyntheticContrast.Rows(80, 12, 3, 1), SyntheticContrast.Rows(50, 12, 3, 2));
        var report = Assert.Single(ComponentReporter.Report(new DifferenceInMeans(), rows, heldOut, shuffles: 99));
        Assert.Equal(1, report.CosineToDifference, 1e-12);
        Assert.Equal(.01, report.Permutation!.P, 1e-12);
        Assert.True(report.HeldOut!.Auc > .9);
        Assert.Null(report.PairsAreReal);
        // By hand: the separation t and the between share of equally large sides hang together as share = t²/(t² + 4(2n − 2)/(2n)).
        var t = report.Separation * report.Separation;
        Assert.Equal(t / (t + 4 * 158.0 / 160), report.BetweenShare, 1e-12);
    }

    [Fact]
    public void The_leading_paired_component_finds_the_difference_and_the_next_ones_are_what_prompts_are_about()
    {
        var (rows, heldOut) = (SyntheticContrast.Rows(80, 12, 4, 3), SyntheticContrast.Rows(60, 12, 4, 4));
        var reports = ComponentReporter.Report(new PairedSvd(3), rows, heldOut, shuffles: 199);
        Assert.Equal([0, 1, 2], reports.Select(r => r.Component));
        Assert.True(reports[0].CosineToDifference > .9 && reports[0].Permutation!.P == .005 && reports[0].HeldOut!.Auc > .9);
        Assert.True(Math.Abs(reports[1].CosineToDifference) < .3 && reports[1].BetweenShare < .1 && reports[1].HeldOut!.Auc < .8);
    }

    [Fact]
    public void P_values_of_sides_that_do_not_differ_are_uniform()
    {
        // Of 60 draws under the null hypothesis about half lie below ½; outside 15 to 45 less than once in ten thousand.
        var p = Enumerable.Range(0, 60).Select(i => ComponentReporter.Report(new PairedSvd(1), SyntheticContrast.Rows(14, 5, 0, 100 + i), null, shuffles: 39, seed: i)[0].Permutation!.P).ToArray();
        Assert.InRange(p.Count(x => x <= .5), 15, 45);
        Assert.True(p.Count(x => x <= .05) <= 12);
        Assert.All(p, x => Assert.InRange(x, 1 / 40.0, 1));
    }

    [Fact]
    public void One_sample_a_side_has_no_p_and_sides_that_do_not_vary_have_that_of_their_labels()
    {
        // Nothing to take a deviation from: no separation, and no smallest possible p.
        var alone = Assert.Single(ComponentReporter.Report(new DifferenceInMeans(), new ContrastRows([1, 2], [3, 5], 2, true), null));
        Assert.True(double.IsNaN(alone.Separation));
        Assert.Null(alone.Permutation);
        Assert.Null(ComponentReporter.Report(new DifferenceInMeans(), new ContrastRows([1, 2, 1, 3], [3, 5], 2, true), null)[0].Permutation);
        // Three equal samples a side, off 0 and of no short binary fraction: 2 of the 20 ways to label them separate as they do, and each of the two infinitely.
        var constant = Assert.Single(ComponentReporter.Report(new DifferenceInMeans(), new ContrastRows([.1, .7, .1, .7, .1, .7], [.3, .2, .3, .2, .3, .2], 2, true), null));
        Assert.Equal(double.PositiveInfinity, constant.Separation);
        Assert.InRange(constant.Permutation!.P, .1 - .04, .1 + .04); // Four standard errors of 999 shuffles.
        // Samples that are no numbers are no evidence.
        Assert.Null(ComponentReporter.Report(new DifferenceInMeans(), new ContrastRows([1, double.NaN, 2, 3], [3, 5, 4, 4], 2, true), null)[0].Permutation);
    }

    [Fact]
    public void Shuffled_labels_give_other_pairs_and_other_components()
    {
        // Swapping labels within pairs leaves DᵀD and with it the component as it is; the shuffles here must not.
        var rows = SyntheticContrast.Rows(10, 4, 1, 5);
        var component = new PairedSvd(1).Fit(rows).Axes[0];
        var others = Enumerable.Range(0, 5).Select(s => new PairedSvd(1).Fit(rows.Relabelled(ComponentReporter.Order(20, 0, s))).Axes[0]).ToArray();
        Assert.All(others, o => Assert.True(Math.Abs(o.Zip(component, (a, b) => a * b).Sum()) < 1 - 1e-6));
        int[] swapped = [10, 1, 2, 13, 4, 5, 6, 7, 8, 19, 0, 11, 12, 3, 14, 15, 16, 17, 18, 9];
        Assert.Equal(1, Math.Abs(new PairedSvd(1).Fit(rows.Relabelled(swapped)).Axes[0].Zip(component, (a, b) => a * b).Sum()), 1e-12);
    }

    [Fact]
    public void Shuffles_are_permutations_by_seed_and_number_and_threads_change_nothing()
    {
        Assert.Equal(Enumerable.Range(0, 50), ComponentReporter.Order(50, 3, 1).Order());
        Assert.NotEqual(ComponentReporter.Order(50, 3, 1), ComponentReporter.Order(50, 3, 2));
        Assert.NotEqual(ComponentReporter.Order(50, 3, 1), ComponentReporter.Order(50, 4, 1));
        var rows = SyntheticContrast.Rows(30, 40, 1, 6);
        using var team = new WorkTeam(3);
        foreach (var estimator in (DirectionEstimator[])[new PairedPca(2), new WhitenedDifference(), new LogisticProbe()])
            Assert.Equal(ComponentReporter.Report(estimator, rows, null, 20), ComponentReporter.Report(estimator, rows, null, 20, team: team));
    }

    [Fact]
    public void Mistake_12_pairs_for_paired_svd_are_real_or_the_report_says_that_they_are_not()
    {
        foreach (var real in (bool[])[true, false])
            Assert.Equal(real, ComponentReporter.Report(new PairedSvd(), SyntheticContrast.Rows(10, 4, 1, 7, pairsAreReal: real), null, 0)[0].PairsAreReal);
        Assert.False(new ContrastRows([1, 2, 3, 4], [1, 2], 2, pairsAreReal: true).PairsAreReal);
    }

    [Fact]
    public void A_component_by_itself_is_its_row()
    {
        var rows = SyntheticContrast.Rows(20, 6, 1, 9);
        var all = new PairedSvd(3).Estimate(rows);
        Assert.Equal(all.Vectors.Skip(6).Take(6), ComponentDirection.Of(all, 6, 1).Vectors);
        Assert.Equal("paired_svd", ComponentDirection.Of(all, 6, 2).Estimator);
        Assert.Throws<ArgumentOutOfRangeException>(() => ComponentDirection.Of(all, 6, 3));
    }

    [Fact]
    public void Area_under_the_curve_is_the_share_of_pairs_in_order()
    {
        var random = new Random(8);
        var (a, b) = (Enumerable.Range(0, 40).Select(_ => (double)random.Next(10)).ToArray(), Enumerable.Range(0, 30).Select(_ => (double)random.Next(8)).ToArray());
        var wanted = a.Average(x => b.Average(y => x > y ? 1.0 : x == y ? .5 : 0));
        var area = HeldOutSeparation.Of(a, b);
        Assert.Equal(wanted, area.Auc, 1e-12);
        // DeLong's formula in full.
        var up = a.Select(x => b.Average(y => x > y ? 1.0 : x == y ? .5 : 0)).ToArray();
        var down = b.Select(y => a.Average(x => x > y ? 1.0 : x == y ? .5 : 0)).ToArray();
        Assert.Equal(Math.Sqrt(up.Sum(v => Math.Pow(v - wanted, 2)) / 39 / 40 + down.Sum(v => Math.Pow(v - wanted, 2)) / 29 / 30), area.StandardError, 1e-12);
    }
}
