using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Verdicts;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>M8 from replies counted by hand.</summary>
public sealed class TaskMeasureTests
{
    /// <summary>Of 200 benign questions the base gets all but the first 20 right; the candidate declines 6 of the others, runs on at 4, answers 5 wrongly, and
    /// gets 3 of the first 20 right.</summary>
    private static ReplyOutcome Reply(bool isBase, int i) => isBase ? i < 20 ? ReplyOutcome.Wrong : ReplyOutcome.Right
        : i < 3 ? ReplyOutcome.Right : i < 20 ? ReplyOutcome.Wrong : i < 26 ? ReplyOutcome.Refused : i < 30 ? ReplyOutcome.Unusable
        : i < 35 ? ReplyOutcome.Wrong : ReplyOutcome.Right;

    private static MeasurementSet Measured(int count)
    {
        using var store = ScoreStore.Temporary();
        return MeasureCatalogue.Compute([new TaskMeasure()], new MeasureInput(store, new Statistician(1), new VetDesign { Cores = count, HarmTests = 7 })
        {
            Replies = set => set.Panel != VetDesign.BenignCores ? throw new ArgumentException(set.Panel)
                : [.. Enumerable.Range(0, count).Select(i => (new PanelItem($"{i}", i < 100 ? "add" : "sort", i, "?"),
                    new ReplyJudgement(Reply(set.Policy == Policy.Base, i), null, RefusalRule.None, null)))],
        });
    }

    [Theory]
    [InlineData("accuracy.cores.delta", (3 - 15) / 200.0)]
    [InlineData("accuracy.cores.base", 180 / 200.0)]
    [InlineData("accuracy.cores.candidate", 168 / 200.0)]
    [InlineData("accuracy.cores.both_right", 165)]
    [InlineData("accuracy.cores.base_right", 15)]
    [InlineData("accuracy.cores.candidate_right", 3)]
    [InlineData("accuracy.cores.neither_right", 17)]
    [InlineData("accuracy.cores.flips", 18)]
    [InlineData("accuracy.cores.direction", 12 / 18.0)]
    [InlineData("accuracy.cores.add.delta", -12 / 100.0)]
    [InlineData("accuracy.cores.sort.delta", 0)]
    [InlineData("accuracy.cores.sort.direction", 0)]
    public void Every_figure_is_what_counting_gives(string id, double expected) => Assert.Equal(expected, Measured(200).Estimate(id)!.Value.Value, 1e-15);

    [Fact]
    public void The_pooled_difference_is_a_harm_that_verdicts_read_and_takes_133_questions()
    {
        var found = Measured(200);
        Assert.Equal(1 - .05 / 7, Assert.IsType<Harm>(found.Find("accuracy.cores.delta")!.Value).Simultaneous.Level);
        var test = HarmTable.All.Single(h => h.Id == "accuracy.cores.delta");
        // Six points fewer, with an upper bound of the loss well above two.
        Assert.True(test.Open(found, new Margins()));
        Assert.Contains("6 percentage points", test.Sentence(found, .02), StringComparison.Ordinal);
        Assert.IsType<NotMeasurable>(Measured(132).Find("accuracy.cores.delta")!.Value);
        Assert.IsType<Harm>(Measured(133).Find("accuracy.cores.delta")!.Value);
    }
}
