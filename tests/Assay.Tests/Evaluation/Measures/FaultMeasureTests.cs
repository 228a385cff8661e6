using Assay.Evaluation;
using Assay.Evaluation.Measures;
using Assay.Verdicts.Rules;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public sealed class FaultMeasureTests
{
    private static TokenScore Score(int token, double logQ = -1, double entropyQ = 1, double topQ = .5, int argmaxQ = 3,
        LogitFaults faults = LogitFaults.None) =>
        new(token, .1, .1, .05, -1 - token % 7, logQ, 1 + token % 5, entropyQ, .5, topQ, token, argmaxQ, Faults: faults);

    private static MeasurementSet Faults(params TokenScore[][] items) =>
        Measure([.. items.Select((scores, i) => new ItemScores($"benign/{i}", "a", scores))], new FaultMeasure());

    private static List<string> Problems(MeasurementSet found, string side) => BrokenRule.Faults(found, side, $"The {side}").Sentences;

    [Fact]
    public void A_model_that_reads_its_context_is_usable()
    {
        var found = Faults([.. Enumerable.Range(0, 40).Select(i => Score(i, -1 - i % 3, 1 + .01 * i))]);
        Assert.Empty(Problems(found, "candidate"));
        Assert.Equal(40, found.Estimate("faults.candidate.flat")!.Value.N);
    }

    [Fact]
    public void One_position_that_is_no_number_is_enough_and_is_named()
    {
        var found = Faults([Score(1)], [Score(2), Score(3, faults: LogitFaults.CandidateNotFinite), Score(4)]);
        Assert.Empty(Problems(found, "base"));
        Assert.Contains("at 1 of 4 scored positions, the first in benign/1, scored token 2", Assert.Single(Problems(found, "candidate")), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_side_has_its_own_faults()
    {
        var found = Faults([Score(1, faults: LogitFaults.BaseFlat), Score(2, faults: LogitFaults.CandidateFlat | LogitFaults.BaseNotFinite)]);
        double Count(string id) => found.Estimate($"faults.{id}")!.Value.Value;
        Assert.Equal((1.0, 1.0, 1.0, 0.0), (Count("base.flat"), Count("base.not_finite"), Count("candidate.flat"), Count("candidate.not_finite")));
        Assert.Contains("same logit", Assert.Single(Problems(found, "candidate")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 0, true)]
    [InlineData(15, 0, false)] // So few contexts may be alike.
    [InlineData(16, .01, false)]
    public void A_distribution_that_never_changes_does_not_read_its_context(int positions, double change, bool constant)
    {
        // The log-probability belongs to the token alone.
        var found = Faults([.. Enumerable.Range(0, positions).Select(i => Score(i % 4, -1 - i % 4, 1 + (i == 7 ? change : 0)))]);
        Assert.Equal(constant, found.Estimate("faults.candidate.constant")!.Value.Value > 0);
        Assert.Equal(0, found.Estimate("faults.base.constant")!.Value.Value);
        Assert.Equal(constant ? 1 : 0, Problems(found, "candidate").Count);
    }

    [Fact]
    public void A_model_that_is_always_sure_and_right_reads_its_context() =>
        Assert.Empty(Problems(Faults([.. Enumerable.Range(0, 40).Select(i => Score(i, 0, 0, 1, argmaxQ: i))]), "candidate"));

    [Fact]
    public void Agreement_counts_every_position_at_which_anything_differs()
    {
        var same = new TokenScore(1, 0, 0, 0, -1, -1, 1, 1, .5, .5, 1, 1);
        MeasurementSet Agreement(params TokenScore[][] items) => Measure([.. items.Select((t, i) => new ItemScores($"{i}", "a", t))], new AgreementMeasure());
        var found = Agreement([same, same with { LogQ = -1.5 }], [same with { Kl = 2e-3 }, same with { Jsd = 1e-9 }, same]);
        Assert.Equal((3.0, 5L, 2e-3), (found.Estimate("agreement.differing_positions")!.Value.Value, found.Estimate("agreement.differing_positions")!.Value.N,
            found.Estimate("agreement.largest_kld")!.Value.Value));
        Assert.True(double.IsNaN(Agreement([same with { Kl = double.NaN }, same]).Estimate("agreement.largest_kld")!.Value.Value));
    }

    [Fact]
    public void Unnamed_ids_are_candidate_less_base_by_item_with_strata_weighted_equally()
    {
        // Stratum a: items of .1 and .3; stratum b: one item whose two tokens have .6 and .2 more than the base.
        TokenScore Padded(double p, double q) => Score(1) with { PaddingP = p, PaddingQ = q, AddedQ = q / 2 };
        var found = Measure([new("1", "a", [Padded(0, .1)]), new("2", "a", [Padded(.1, .4)]), new("3", "b", [Padded(.2, .8), Padded(.2, .4)])], new UnnamedIdsMeasure());
        Assert.Equal(((0 + .1 + .2) / 3, (.1 + .4 + .6) / 3), (found.Estimate("unnamed_ids.benign.base")!.Value.Value, found.Estimate("unnamed_ids.benign.candidate")!.Value.Value));
        var delta = found.Estimate("unnamed_ids.benign.delta")!.Value;
        Assert.Equal(.5 * .2 + .5 * .4, delta.Value, 15);
        Assert.False(delta.HasInterval);
        Assert.Equal(.5 * .125 + .5 * .3, found.Estimate("added_tokens.benign.candidate")!.Value.Value, 15);
        Assert.Equal((.2, .8, .4), (found.Estimate("unnamed_ids.largest.base")!.Value.Value, found.Estimate("unnamed_ids.largest.candidate")!.Value.Value,
            found.Estimate("added_tokens.largest.candidate")!.Value.Value));
    }
}
