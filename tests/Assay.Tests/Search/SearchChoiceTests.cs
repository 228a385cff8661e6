using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Statistics;
using Assay.Search;

namespace Assay.Tests.Search;

/// <summary>The rules of the choice against tables made by hand, brute force and known distributions.</summary>
public sealed class SearchChoiceTests
{
    private static CandidateScore Constant(string id, double behaviour, double damage, int n = 40) => new(id, [.. Enumerable.Repeat(behaviour, n)], [.. Enumerable.Repeat(damage, n)]);

    /// <summary>Behaviour mean ± noise that all candidates share, so that paired differences are exact.</summary>
    private static CandidateScore Noisy(string id, double behaviour, double damage, double own = 0, int seed = 1, int n = 40)
    {
        var (shared, other) = (new Random(99), new Random(seed));
        return new(id, [.. Enumerable.Range(0, n).Select(_ => behaviour + 2 * (shared.NextDouble() - .5) + own * (other.NextDouble() - .5))], [.. Enumerable.Repeat(damage, n)]);
    }

    [Fact]
    public void The_front_is_the_table_made_by_hand()
    {
        CandidateScore[] scores =
        [
            Constant("dominated by c", 1, .5), Constant("a: least damage", 0, .1), Constant("equal to c", 3, .4), Constant("c", 3, .4), Constant("best", 5, .9),
            Constant("wrecked", double.NaN, .01), Constant("same behaviour, more damage", 5, 1), Constant("same damage, less behaviour", 2, .4), Constant("infinite damage", 6, double.PositiveInfinity),
        ];
        Assert.Equal([1, 2, 3, 4, 8], ParetoFront.Of(scores));
        Assert.Empty(ParetoFront.Of([]));
    }

    [Fact]
    public void The_front_equals_brute_force()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var scores = Enumerable.Range(0, random.Next(1, 30)).Select(i => Constant($"{i}", random.Next(6), random.Next(6), 2)).ToArray();
            var wanted = Enumerable.Range(0, scores.Length).Where(i => !scores.Any(o => o.MeanBehaviour >= scores[i].MeanBehaviour && o.MeanDamage <= scores[i].MeanDamage
                && (o.MeanBehaviour > scores[i].MeanBehaviour || o.MeanDamage < scores[i].MeanDamage)));
            Assert.Equal(wanted, ParetoFront.Of(scores).Order());
        }
    }

    [Fact]
    public void The_winner_damages_least_within_the_interval_of_the_best()
    {
        // The noise has a standard error of .09: the interval of the best is about ± .2.
        CandidateScore[] scores = [Noisy("far", 3, .001), Noisy("best", 5, .9), Noisy("near", 4.95, .2), Noisy("near, more damage", 4.97, .3), Noisy("near, no worse but later", 4.95, .2), Noisy("near, larger", 4.96, .2)];
        var choice = SearchChoice.Of(scores, 7);
        Assert.Equal(1, choice.Best);
        Assert.Equal(3, choice.Next);
        Assert.Equal(ClusterBootstrap.Mean([.. scores[1].Behaviour.Select(b => new Cluster("", b))], 7), choice.BestBehaviour);
        Assert.InRange(choice.BestBehaviour.Low, 4.6, 4.94);
        // .2 is the least; of the three with it the largest score.
        Assert.Equal(5, choice.Winner);
        Assert.Equal(2, SearchChoice.Of(scores[..5], 7).Winner);
        Assert.Equal([0, 5, 3, 1], choice.Front);
    }

    [Fact]
    public void With_a_limit_the_best_score_within_it_wins()
    {
        CandidateScore[] scores = [Noisy("a", 3, .001), Noisy("b", 5, .9), Noisy("c", 4.9, .2), Noisy("d", 4.95, .25), Noisy("e", 4.9, .2)];
        Assert.Equal(2, SearchChoice.Of(scores, 7, .2).Winner);
        Assert.Equal(3, SearchChoice.Of(scores, 7, .25).Winner);
        var choice = SearchChoice.Of(scores, 7, .01);
        Assert.Equal((0, -1, 1), (choice.Winner, choice.Next, choice.Eligible));
        Assert.Contains("1 with a mean KL within 0.01", choice.Certificate(scores), StringComparison.Ordinal);
        Assert.Contains("0.001", Assert.Throws<InvalidInputException>(() => SearchChoice.Of(scores, 7, 1e-4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ties_are_those_whose_paired_difference_may_be_nothing()
    {
        // Far apart on their own, yet paired: .2 below in every item is no tie; noise of ± 1 of its own around .05 below is one.
        CandidateScore[] scores = [Noisy("best", 5, .5), Noisy("a little below, always", 4.8, .4), Noisy("below, sometimes", 4.95, .3, own: 2, seed: 5), Noisy("equal", 5, .6), Noisy("far", 1, .1, own: 2, seed: 6), Constant("wrecked", double.NaN, 0)];
        var choice = SearchChoice.Of(scores, 3);
        Assert.Equal([0, 2, 3], choice.Ties);
        Assert.Equal([5], choice.Unranked);
        Assert.Equal(-.2, choice.Differences[1].Value, 1e-12);
        Assert.False(choice.Differences[5].HasInterval);
        var text = choice.Certificate(scores);
        Assert.Contains("all 6 scored, 1 without a score that is a number; best is best; next is equal; paired max-t differences contain 0: a tie of 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_items_give_no_interval_and_the_best_wins()
    {
        CandidateScore[] scores = [Constant("a", 1, 0, 20), Constant("b", 1.1, 1, 20)];
        var choice = SearchChoice.Of(scores, 1);
        Assert.Equal(1, choice.Winner);
        Assert.Contains("ties are not known", choice.Certificate(scores), StringComparison.Ordinal);
    }

    /// <summary>Two candidates: the band is that of one paired mean. Many independent ones: wider, near the quantile of the largest of as many t.</summary>
    [Fact]
    public void The_band_widens_with_the_number_of_candidates_as_that_of_the_largest_t()
    {
        const int n = 400;
        var random = new Random(11);
        var values = Enumerable.Range(0, 41).Select(c => Enumerable.Range(0, n).Select(_ => c == 0 ? 0 : Normal()).ToImmutableArray()).ToList();
        double Width(int count)
        {
            var d = PairedMaxT.Differences([.. values.Take(count + 1)], 0, 5)[1];
            return (d.High - d.Low) / 2 / (FixedOrderSum.StandardDeviation(values[1].AsSpan()) / Math.Sqrt(n));
        }

        // Φ⁻¹(.975) = 1.960; of the largest of 40 independent |z|: Φ⁻¹((1 + .95^(1/40)) / 2) = 3.22.
        Assert.InRange(Width(1), 1.86, 2.07);
        Assert.InRange(Width(40), 3.05, 3.40);

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>A candidate all of whose spread is one item: resamples without that item have none, and must not make every other's band infinite.</summary>
    [Fact]
    public void One_candidates_outlier_does_not_widen_the_bands_of_the_others()
    {
        var values = Enumerable.Range(0, 5).Select(c => Noisy("x", c, 0, own: 1, seed: c).Behaviour).ToList();
        var alone = PairedMaxT.Differences(values, 4, 1)[0];
        var outlier = values[4].Select((v, i) => i == 0 ? v - 50 : v - 1 + 1e-9 * i).ToImmutableArray();
        var beside = PairedMaxT.Differences([.. values, outlier], 4, 1);
        Assert.InRange(beside[0].High - beside[0].Low, alone.High - alone.Low, 1.35 * (alone.High - alone.Low));
        Assert.True(double.IsFinite(beside[5].Low) && double.IsFinite(beside[5].High));
    }

    [Fact]
    public void A_copy_with_other_values_has_other_means()
    {
        var score = new CandidateScore("x", [1, 2], [.1, .3]);
        Assert.Equal((5, .2), ((score with { Behaviour = [4, 6] }).MeanBehaviour, (score with { Id = "y" }).MeanDamage));
    }

    [Fact]
    public void The_band_is_a_function_of_values_and_seed_alone()
    {
        var values = Enumerable.Range(0, 5).Select(c => Noisy("x", c, 0, own: 1, seed: c).Behaviour).ToList();
        Assert.Equal(PairedMaxT.Differences(values, 4, 1), PairedMaxT.Differences(values, 4, 1));
        Assert.NotEqual(PairedMaxT.Differences(values, 4, 1)[0].Low, PairedMaxT.Differences(values, 4, 2)[0].Low);
        var infinite = values.Append([double.NegativeInfinity, .. values[0][1..]]).ToList();
        Assert.False(PairedMaxT.Differences(infinite, 4, 1)[5].HasInterval);
        Assert.Equal(PairedMaxT.Differences(values, 4, 1), PairedMaxT.Differences(infinite, 4, 1)[..5]);
    }

    [Fact]
    public void Mistake_28_infinite_divergence_makes_the_mean_infinite()
    {
        var score = new CandidateScore("x", [1, 2], [.1, double.PositiveInfinity]);
        Assert.Equal(double.PositiveInfinity, score.MeanDamage);
        Assert.True(score.IsRanked);
    }

    [Fact]
    public void Mistake_27_the_worst_items_share_stands_beside_the_mean()
    {
        var score = new CandidateScore("x", [1], [.1, .1, .8]);
        Assert.Equal(.8, score.WorstShare, 1e-12);
    }

    /// <summary>200 candidates that do nothing: the best of them looks good on its own split, and tells so: nearly all are tied with it.</summary>
    [Fact]
    public void Mistake_43_the_best_of_many_equals_is_tied_with_nearly_all()
    {
        var scores = Enumerable.Range(0, 200).Select(i =>
        {
            var random = new Random(1000 + i);
            return new CandidateScore($"{i}", [.. Enumerable.Range(0, 64).Select(_ => random.NextDouble() - .5)], [.. Enumerable.Repeat(.01, 64)]);
        }).ToArray();
        var choice = SearchChoice.Of(scores, 1);
        Assert.True(choice.BestBehaviour.Low > 0, "The best of 200 nothings differs from nothing by selection alone.");
        Assert.InRange(choice.Ties.Length, 160, 200);
    }
}
