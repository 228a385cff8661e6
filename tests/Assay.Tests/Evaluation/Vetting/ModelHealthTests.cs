using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Tests.Evaluation.Vetting;

public sealed class ModelHealthTests
{
    private static TokenScore Score(int token, double logQ = -1, double entropyQ = 1, double topQ = .5, int argmaxQ = 3,
        LogitFaults faults = LogitFaults.None) =>
        new(token, .1, .1, .05, -1 - token % 7, logQ, 1 + token % 5, entropyQ, .5, topQ, token, argmaxQ, Faults: faults);

    private static VetSamples Samples(params TokenScore[][] items) =>
        new([.. items.Select((scores, i) => new VetItem($"benign/{i}", "benign", "a", "", [1], [], false, scores))], []);

    [Fact]
    public void A_model_that_reads_its_context_is_usable()
    {
        var samples = Samples([.. Enumerable.Range(0, 40).Select(i => Score(i, -1 - i % 3, 1 + .01 * i))]);
        var health = ModelHealth.Of(samples, candidate: true);
        Assert.True(health.Usable);
        Assert.Empty(health.Problems("The candidate"));
        Assert.Equal(40, health.Positions);
    }

    [Fact]
    public void One_position_that_is_no_number_is_enough_and_is_named()
    {
        var samples = Samples([Score(1)], [Score(2), Score(3, faults: LogitFaults.CandidateNotFinite), Score(4)]);
        Assert.True(ModelHealth.Of(samples, candidate: false).Usable);
        var problem = Assert.Single(ModelHealth.Of(samples, candidate: true).Problems("The candidate"));
        Assert.Contains("at 1 of 4 scored positions, the first in benign/1, scored token 2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_side_has_its_own_faults()
    {
        var samples = Samples([Score(1, faults: LogitFaults.BaseFlat), Score(2, faults: LogitFaults.CandidateFlat | LogitFaults.BaseNotFinite)]);
        var (first, second) = (ModelHealth.Of(samples, candidate: false), ModelHealth.Of(samples, candidate: true));
        Assert.Equal((1L, 1L), (first.Flat, first.NotFinite));
        Assert.Equal((1L, 0L), (second.Flat, second.NotFinite));
        Assert.Contains("same logit", Assert.Single(second.Problems("The candidate")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 0, true)]
    [InlineData(15, 0, false)] // So few contexts may be alike.
    [InlineData(16, .01, false)]
    public void A_distribution_that_never_changes_does_not_read_its_context(int positions, double change, bool constant)
    {
        // The log-probability belongs to the token alone.
        var samples = Samples([.. Enumerable.Range(0, positions).Select(i => Score(i % 4, -1 - i % 4, 1 + (i == 7 ? change : 0)))]);
        Assert.Equal(constant, ModelHealth.Of(samples, candidate: true).Constant);
        Assert.False(ModelHealth.Of(samples, candidate: false).Constant);
    }

    [Fact]
    public void A_model_that_is_always_sure_and_right_reads_its_context()
    {
        var samples = Samples([.. Enumerable.Range(0, 40).Select(i => Score(i, 0, 0, 1, argmaxQ: i))]);
        Assert.False(ModelHealth.Of(samples, candidate: true).Constant);
    }

    [Fact]
    public void Agreement_counts_every_position_at_which_anything_differs()
    {
        var same = new TokenScore(1, 0, 0, 0, -1, -1, 1, 1, .5, .5, 1, 1);
        var agreement = Agreement.Of(Samples([same, same with { LogQ = -1.5 }], [same with { Kl = 2e-3 }, same with { Jsd = 1e-9 }, same]));
        Assert.Equal(new Agreement(5, 3, 2e-3), agreement);
        Assert.True(double.IsNaN(Agreement.Of(Samples([same with { Kl = double.NaN }, same])).LargestKld));
    }

    [Fact]
    public void Unnamed_ids_are_candidate_less_base_by_item_with_strata_weighted_equally()
    {
        // Stratum a: items of .1 and .3; stratum b: one item whose two tokens have .6 and .2 more than the base.
        TokenScore Padded(double p, double q) => Score(1) with { PaddingP = p, PaddingQ = q, AddedQ = q / 2 };
        var found = UnnamedTokens.Compute(
            [new("1", "a", [Padded(0, .1)]), new("2", "a", [Padded(.1, .4)]), new("3", "b", [Padded(.2, .8), Padded(.2, .4)])], 1);
        Assert.Equal(((0 + .1 + .2) / 3, (.1 + .4 + .6) / 3), (found.Base, found.Candidate));
        Assert.Equal(.5 * .2 + .5 * .4, found.Delta.Value, 15);
        Assert.False(found.Delta.HasInterval);
        Assert.Equal(.5 * .125 + .5 * .3, found.Added.Value, 15);
    }
}
