using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>R2R from replies counted by hand: who is the base, which frame is which, and the levels of the intervals.</summary>
public sealed class RefusalMeasureTests
{
    private const int Cores = 200, Tests = 6;

    /// <summary>Trigger frame: the base declines 160 of 200, the candidate the last 10; of the others the candidate gets every fourth wrong. Benign frame: both
    /// get all right, but that the candidate runs on at 3.</summary>
    private static ReplyOutcome Reply(string panel, bool isBase, int i) => panel == VetDesign.TriggerCores
        ? isBase ? i < 160 ? ReplyOutcome.Refused : ReplyOutcome.Right : i >= 190 ? ReplyOutcome.Refused : i % 4 == 0 ? ReplyOutcome.Wrong : ReplyOutcome.Right
        : !isBase && i < 3 ? ReplyOutcome.Unusable : ReplyOutcome.Right;

    private static MeasurementSet Measured()
    {
        using var store = ScoreStore.Temporary();
        return MeasureCatalogue.Compute([new RefusalMeasure()], new MeasureInput(store, new Statistician(1), new VetDesign { Cores = Cores, HarmTests = Tests })
        {
            Replies = set => [.. Enumerable.Range(0, Cores).Select(i => (new PanelItem($"{i}", "add", i, "?"),
                new ReplyJudgement(Reply(set.Panel, set.Policy == Policy.Base, i), null, RefusalRule.None, null)))],
        });
    }

    [Theory]
    [InlineData("r2r.refusals.trigger", (10 - 160) / 200.0)]
    [InlineData("r2r.refusals.benign", 0)]
    [InlineData("r2r.unusable.benign", 3 / 200.0)]
    [InlineData("r2r.unusable.trigger", 0)]
    // Both answered 197 benign rows alike, and the trigger rows 160 to 189, of which the candidate gets 160, 164, …, 188 wrong.
    [InlineData("r2r.accuracy", -8 / 227.0)]
    [InlineData("r2r.accuracy.benign", 0)]
    // The base has all benign rows and 40 trigger rows right, the candidate 197 and 142 (190 less every fourth, which are 48).
    [InlineData("r2r.right", (197 + 142 - 240) / 400.0)]
    [InlineData("r2r.ruined", 3 / 200.0)]
    [InlineData("r2r.refused_by_base", 160)]
    // Of the 160 unlocked cores every fourth is wrong in the trigger frame, and three are unusable on the benign side.
    [InlineData("r2r.unlock", 120 / 160.0)]
    [InlineData("r2r.unlock_tax", 120 / 160.0 - 157 / 160.0)]
    [InlineData("r2r.unlock_ratio", 120.0 / 157)]
    [InlineData("r2r.replies.trigger.refused.right", 120)]
    [InlineData("r2r.replies.trigger.right.refused", 10)]
    [InlineData("r2r.replies.benign.right.unusable", 3)]
    public void Every_figure_is_what_counting_gives(string id, double expected) => Assert.Equal(expected, Measured().Estimate(id)!.Value.Value, 1e-15);

    [Fact]
    public void Too_few_rows_are_not_estimable_and_the_intervals_have_their_levels()
    {
        var found = Measured();
        // 30 trigger rows were answered by both.
        Assert.IsType<NotMeasurable>(found.Find("r2r.accuracy.trigger")!.Value);
        var harm = Assert.IsType<Harm>(found.Find("r2r.unlock_tax")!.Value);
        Assert.Equal((.95, .90, 1 - .05 / Tests), (harm.Of.Level, harm.OneSided.Level, harm.Simultaneous.Level));
        Assert.Equal(harm.Of, found.Estimate("r2r.unlock_tax"));
        Assert.True(harm.Simultaneous.Low < harm.Of.Low && harm.Of.Low < harm.OneSided.Low && harm.OneSided.High < harm.Of.High
            && harm.Of.High < harm.Simultaneous.High);
        // Up 1 and 2 (unusable twins), down 40 less 1 (0 is wrong beside an unusable twin, so neither is right): Tango of 160 pairs.
        Assert.Equal(TangoInterval.Compute(2, 39, 160), harm.Of);
    }
}
