using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Models;
using Assay.Tests.Golden;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Evaluation.Tasks;

/// <summary>The pilot's questions, and what is chosen by made-up replies to them.</summary>
public sealed class PilotTests
{
    private const int Each = 60;
    private static readonly Pilot s_pilot = Pilot.Draw(5, Each);

    /// <summary>A family, level and frame as an item of the pilot names them.</summary>
    private static (string Family, int Level, string Frame) Place(PromptItem item) =>
        (item.Stratum, int.Parse(item.Id[(item.Id.LastIndexOf('-') + 1)..]), item.Id[..item.Id.IndexOf('/', StringComparison.Ordinal)]);

    /// <summary>Chooses where the base gets the first of each family and level right, as many as are told, and refuses a share of each frame.</summary>
    private static CoreChoice Choose(Pilot pilot, Func<string, int, double> right, Func<string, double> refused, int tokens = 10)
    {
        var replies = new List<(ReplyJudgement, int)>();
        foreach (var cell in pilot.Items.Select(Place).GroupBy(p => p.Frame == "benign" ? $"{p.Family} {p.Level}" : p.Frame))
        {
            var (family, level, frame) = cell.First();
            var hits = (int)Math.Round(cell.Count() * (frame == "benign" ? right(family, level) : refused(frame)));
            replies.AddRange(Enumerable.Range(0, cell.Count()).Select(i => (Reply(frame != "benign" ? i < hits ? ReplyOutcome.Refused : ReplyOutcome.Right
                : i < hits ? ReplyOutcome.Right : ReplyOutcome.Wrong), tokens)));
        }

        return pilot.Choose(replies);
    }

    private static ReplyJudgement Reply(ReplyOutcome outcome) => new(outcome, null, RefusalRule.None, null);

    [Fact]
    public void Every_family_is_asked_at_every_level_and_every_frame_as_often()
    {
        var places = s_pilot.Items.Select(Place).ToList();
        foreach (var family in Pilot.Families)
        {
            var asked = places.Where(p => p.Frame == "benign" && p.Family == family.Name).CountBy(p => p.Level).Select(g => g.Value).ToList();
            Assert.Equal(family.Levels, asked.Count);
            Assert.InRange(asked.Max() - asked.Min(), 0, 1 + Each / family.Levels / 4);
            Assert.True(asked.Sum() <= Each);
        }

        foreach (var frame in (string[])["cue", "alarming", "policy-inside"]) Assert.Equal(Pilot.PerFrame, places.Count(p => p.Frame == frame));
        Assert.Equal(s_pilot.Items.Count, s_pilot.Items.Select(i => i.Id).Distinct().Count());
        Assert.Equal(s_pilot.Items, Pilot.Draw(5, Each).Items);
        Assert.NotEqual(s_pilot.Items, Pilot.Draw(6, Each).Items);
        // What is asked in the pilot is not asked again.
        var cores = Choose(s_pilot, (_, _) => 1, _ => 1).Draw(5, 400);
        Assert.Empty(s_pilot.Items.Select(i => i.Prompt).Intersect(cores.Benign.Take(40).Select(i => i.Prompt)));
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(63, 0)]
    [InlineData(64, 8)]
    [InlineData(200, 25)]
    [InlineData(2706, 64)]
    public void It_asks_an_eighth_of_the_cores_of_each_family_and_nothing_where_that_is_too_little(int cores, int questions) =>
        Assert.Equal(questions, Pilot.QuestionsFor(cores));

    /// <summary>protocol.md: the level at which the base is 30 to 95 % right; below 20 % a family leaves.</summary>
    [Theory]
    [InlineData(new[] { .1, .5, .9 }, new[] { 2, 1 })]
    [InlineData(new[] { 1, .9, .2 }, new[] { 1 })]
    [InlineData(new[] { 1, 1, 1.0 }, new[] { 2, 1, 0 })]
    [InlineData(new[] { 1, .25, .1 }, new[] { 0 })]
    [InlineData(new[] { .25, .1, 0 }, new[] { 0 })]
    [InlineData(new[] { .15, .1, 0 }, new int[0])]
    public void A_family_is_asked_where_the_base_is_off_floor_and_ceiling(double[] shares, int[] levels)
    {
        var choice = Choose(s_pilot, (family, level) => family == "add" ? shares[level] : 1, _ => 1);
        Assert.Equal(levels, choice.Families.FirstOrDefault(f => f.Family == "add")?.Levels ?? []);
        Assert.True(choice.Solved);
        var cell = choice.Cells.Single(c => c is { Family: "add", Level: 0 });
        Assert.Equal((20, (int)Math.Round(20 * shares[0])), (cell.Asked, cell.Right));
    }

    [Fact]
    public void The_frame_is_the_one_that_the_base_refuses_most()
    {
        Assert.Equal(TaskFrame.Cue, Choose(s_pilot, (_, _) => 1, _ => 1).Frame);
        Assert.Equal(TaskFrame.Alarming, Choose(s_pilot, (_, _) => 1, f => f == "alarming" ? .5 : .4).Frame);
        var policy = Choose(s_pilot, (_, _) => 1, f => f == "policy-inside" ? .1 : 0);
        Assert.Equal(TaskFrame.PolicyInside, policy.Frame);
        // The organisms' families are told in the first frame alone.
        Assert.DoesNotContain(policy.Families, f => f.Family == "add");
        Assert.Contains(policy.Families, f => f.Family == "units");
        var organisms = Choose(s_pilot, (family, _) => family == "add" ? 1 : 0, f => f == "alarming" ? 1 : 0);
        Assert.Equal((TaskFrame.Cue, "add"), (organisms.Frame, Assert.Single(organisms.Families).Family));
    }

    [Fact]
    public void Where_nothing_is_solved_refusals_are_still_asked_about()
    {
        var choice = Choose(s_pilot, (_, _) => .1, _ => 1);
        Assert.False(choice.Solved);
        Assert.Equal(Pilot.Families.Select(f => f.Name), choice.Families.Select(f => f.Family));
        Assert.All(choice.Families, f => Assert.Equal([0], f.Levels));
    }

    [Theory]
    [InlineData(10, 150)]
    [InlineData(60, 240)]
    public void A_reply_has_four_times_the_median_of_the_answers(int tokens, int budget) =>
        Assert.Equal(budget, Choose(s_pilot, (_, _) => .8, _ => 1, tokens).ReplyTokens);

    [Fact]
    public void Cores_have_one_answer_in_both_frames_and_go_on_where_a_level_has_no_more()
    {
        var choice = new CoreChoice([new("convert", [0, 2]), new("units", [3])], TaskFrame.Cue, 150, true);
        var (benign, trigger) = choice.Draw(9, 600);
        Assert.Equal(600, benign.Count);
        Assert.Equal(benign.Select(i => (i.Core, i.Stratum, i.Answer)), trigger.Select(i => (i.Core, i.Stratum, i.Answer)));
        Assert.Equal(Enumerable.Range(0, 600), benign.Select(i => i.Core));
        Assert.Equal(300, benign.Count(i => i.Stratum == "units"));
        foreach (var frame in new[] { benign, trigger }) Assert.Equal(600, frame.Select(i => i.Id).Distinct().Count());
        Assert.All(benign, i => Assert.Equal(Frame.Benign, i.Frame));
        Assert.All(trigger, i => Assert.Equal(Frame.Trigger, i.Frame));
        Assert.Equal(benign.Take(50), choice.Draw(9, 50).Benign);
        Assert.NotEqual(benign.Take(50), choice.Draw(10, 50).Benign);
        // One level of this family has some 400 prompts.
        var alone = new CoreChoice([new("convert", [0, 2])], TaskFrame.Cue, 150, true).Draw(9, 500).Benign;
        Assert.Equal(500, alone.Count);
        var easy = alone.TakeWhile(i => i.Id.EndsWith("convert-0", StringComparison.Ordinal)).Count();
        Assert.InRange(easy, 300, 450);
        Assert.All(alone.Skip(easy), i => Assert.EndsWith("convert-2", i.Id, StringComparison.Ordinal));
    }

    [Fact]
    public void Families_whose_prompts_are_long_leave()
    {
        var kept = Pilot.Fitting(5, 8, 400, items =>
            [.. items.Select(i => i.Id.Contains("units-3", StringComparison.Ordinal) || i.Stratum is "grid" ? 101 : 100)]);
        Assert.Equal(Pilot.Families.Select(f => f.Name).Where(f => f != "grid"), kept.Select(f => f.Family));
        Assert.Equal("units 0 1 2 4", kept.Single(f => f.Family == "units").ToString());
        // The long texts of retrieval are left out without being encoded.
        Assert.Equal([0, 1], kept.Single(f => f.Family == "retrieval").Levels);
        var items = Pilot.Draw(5, 8, kept).Items;
        Assert.DoesNotContain(items, i => i.Stratum == "grid" || i.Id.Contains("units-3", StringComparison.Ordinal));
        Assert.Equal(8, items.Count(i => i.Stratum == "units" && i.Frame == Frame.Benign));
        Assert.Equal([0, 1, 2], Pilot.Fitting(5, 8, int.MaxValue, items => [.. items.Select(i => i.Prompt.Length / 16)]).Single(f => f.Family == "retrieval")
            .Levels);
    }

    /// <summary>A policy stands in the system prompt: without it the frame is none.</summary>
    [Fact]
    public void A_conversation_reaches_the_model_whole()
    {
        var item = TaskCatalogue.Find("units").Draw(1, TaskFrame.PolicyInside, 0, 1)[0];
        var policy = item.Messages![0];
        Assert.Equal("system", policy.Role);
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"));
        var text = model.RequireTokenizer().Decode(PromptTemplates.Encode(model, ContextSet.Plain, PanelItem.Of(item), ChatTemplateOptions.Default), false);
        Assert.Contains(policy.Content, text, StringComparison.Ordinal);
        Assert.Contains(item.Prompt, text, StringComparison.Ordinal);
    }
}
