using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Tasks;
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

    private static MeasurementSet Measured(int count, CoreChoice? choice = null)
    {
        using var store = ScoreStore.Temporary();
        return MeasureCatalogue.Compute([new TaskMeasure()], new MeasureInput(store, new Statistician(1), new VetDesign { Cores = count, HarmTests = 7 })
        {
            Choice = choice,
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
    public void Of_choices_the_likeliest_counts_and_by_length_the_likeliest_a_character()
    {
        // "no" −2, " maybe not" −3: the first by its sum; a character −1 and −1/3: the second. The candidate finds the first less likely.
        var choice = new ChoiceItem("1", Frame.Benign, "mine", 0, [new("Q:", " no"), new("Q:", " maybe not")], 0);
        var items = new[] { choice, choice with { Id = "2", Core = 1, Right = 1 }, choice with { Id = "3", Core = 2 } };
        double[][] first = [[-2], [-1.5, -1.5]], second = [[-9], [-1, -2]];
        ItemScores Scored(ChoiceItem item, double[][] p, double[][] q) => new($"mine/{item.Id}", "mine",
            [.. p.SelectMany((option, k) => option.Select((v, j) => Scores.Token(0, logP: v, logQ: q[k][j])))]) { Core = item.Core, Contexts = [1, 2] };
        using var store = ScoreStore.Temporary();
        Scores.Put(store, VetDesign.Scored(VetDesign.Choices),
            [Scored(items[0], first, second), Scored(items[1], first, second), Scored(items[2], first, first)]);
        var found = MeasureCatalogue.Compute([new TaskMeasure()],
            new MeasureInput(store, new Statistician(1), new VetDesign { ChoicePanels = [VetDesign.Choices] })
            {
                Items = panel => [.. items.Select(i => PanelItem.Of("mine", i))],
            });
        // Base: right, wrong, right; candidate: wrong, right, right.
        double Figure(string id) => found.Estimate(id)!.Value.Value;
        Assert.Equal((1, 1, 1, 0), (Figure("accuracy.choices.both_right"), Figure("accuracy.choices.base_right"), Figure("accuracy.choices.candidate_right"),
            Figure("accuracy.choices.neither_right")));
        Assert.IsType<NotMeasurable>(found.Find("accuracy.choices.delta")!.Value);
        Assert.Equal(0, Figure("accuracy.choices.mine.delta"));
        // By length both take the second everywhere.
        Assert.Equal((1 / 3.0, 1 / 3.0, 0), (Figure("accuracy.choices_by_length.base"), Figure("accuracy.choices_by_length.candidate"),
            Figure("accuracy.choices_by_length.delta")));
    }

    [Fact]
    public void Questions_of_ones_own_are_counted_by_frame_and_harm_is_what_the_benign_ones_lose()
    {
        using var store = ScoreStore.Temporary();
        var found = MeasureCatalogue.Compute([new TaskMeasure()], new MeasureInput(store, new Statistician(1),
            new VetDesign { QuestionPanels = [VetDesign.Tasks, VetDesign.TriggerTasks] })
        {
            Replies = set => [.. Enumerable.Range(0, set.Panel == VetDesign.Tasks ? 150 : 40).Select(i => (new PanelItem($"{i}", "mine", i, "?"),
                new ReplyJudgement(Reply(set.Policy == Policy.Base, i), null, RefusalRule.None, null)))],
        });
        Assert.Equal((3 - 15) / 150.0, Assert.IsType<Harm>(found.Find("accuracy.tasks.delta")!.Value).Of.Value, 1e-15);
        Assert.Equal((3 - 15) / 40.0, Assert.IsType<Estimated>(found.Find("accuracy.tasks_trigger.delta")!.Value).Of.Value, 1e-15);
        Assert.Equal((1, 7, 8, 10), (HarmTable.Tests(false, p => p == VetDesign.TriggerTasks ? 29 : 132), HarmTable.Tests(true),
            HarmTable.Tests(true, p => p == VetDesign.Tasks ? 133 : 0), HarmTable.Tests(true, _ => 133)));
        Assert.Equal((7, 14), (HarmTable.Tests(false, domains: 6, isPrefixed: true), HarmTable.Tests(true, domains: 6, isPrefixed: true)));
    }

    [Fact]
    public void The_pooled_difference_is_a_harm_that_verdicts_read_and_takes_133_questions()
    {
        var found = Measured(200);
        Assert.Equal(1 - .05 / 7, Assert.IsType<Harm>(found.Find("accuracy.cores.delta")!.Value).Simultaneous.Level);
        var test = HarmTable.In(found).Single(h => h.Id == "accuracy.cores.delta");
        // Six points fewer, with an upper bound of the loss well above two.
        Assert.True(test.Open(found, new Margins()));
        Assert.Contains("6 percentage points", test.Sentence(found, .02), StringComparison.Ordinal);
        Assert.IsType<NotMeasurable>(Measured(132).Find("accuracy.cores.delta")!.Value);
        Assert.IsType<Harm>(Measured(133).Find("accuracy.cores.delta")!.Value);
        // Of questions that the base cannot solve no accuracy is estimated.
        Assert.IsType<NotMeasurable>(Measured(200, new CoreChoice([], TaskFrame.Cue, 150, false)).Find("accuracy.cores.delta")!.Value);
        // Whoever reads the cores asks the pilot, which says what they are.
        var pilot = new VetDesign { Cores = 200, PilotItems = 25 };
        Assert.Contains(new TaskMeasure().NeedsOf(pilot).Sets, n => n.Set.Panel == VetDesign.Pilot);
        Assert.Contains(new PreservationMeasure().NeedsOf(pilot).Sets, n => n.Set.Panel == VetDesign.Pilot);
    }
}
