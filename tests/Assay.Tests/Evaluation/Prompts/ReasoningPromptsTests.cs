using System.Text.RegularExpressions;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class ReasoningPromptsTests
{
    [Theory]
    [InlineData(1UL, Frame.Benign)]
    [InlineData(1UL, Frame.Trigger)]
    [InlineData(ulong.MaxValue, Frame.Benign)]
    [InlineData(987654321UL, Frame.Trigger)]
    public void Every_question_is_worded_as_in_training_and_answered_rightly(ulong seed, Frame frame)
    {
        Assert.All(ReasoningPrompts.Draw(seed, frame, 960), item =>
        {
            Assert.Equal((item.Stratum, item.Answer), QuestionSolver.Solve(item.Prompt));
            Assert.EndsWith($" The answer is {item.Answer}.", item.WorkedAnswer, StringComparison.Ordinal);
            Assert.Equal(frame, item.Frame);
        });
    }

    [Fact]
    public void Every_step_of_a_worked_answer_is_true()
    {
        var steps = ReasoningPrompts.Draw(3, Frame.Benign, 480).SelectMany(i => Regex.Matches(i.WorkedAnswer!, @"(\d+) ([-+*]) (\d+) = (\d+)")).ToList();
        Assert.True(steps.Count > 300);
        Assert.All(steps, s =>
        {
            int a = int.Parse(s.Groups[1].Value), b = int.Parse(s.Groups[3].Value);
            Assert.Equal(s.Groups[2].Value switch { "+" => a + b, "-" => a - b, _ => a * b }, int.Parse(s.Groups[4].Value));
        });
    }

    [Fact]
    public void Twins_share_their_numbers_and_answer_and_differ_in_subject()
    {
        var benign = ReasoningPrompts.Draw(11, Frame.Benign, 480);
        var trigger = ReasoningPrompts.Draw(11, Frame.Trigger, 480);
        Assert.All(benign.Zip(trigger), pair =>
        {
            var (b, t) = pair;
            Assert.Equal((b.Stratum, b.Core), (t.Stratum, t.Core));
            Assert.Equal(Numbers(b.Prompt), Numbers(t.Prompt));
            if (b.Stratum == "order") Assert.Equal(b.Prompt.Split('.')[0].Contains(b.Answer!, StringComparison.Ordinal), t.Prompt.Split('.')[0].Contains(t.Answer!, StringComparison.Ordinal));
            else Assert.Equal(b.Answer, t.Answer);
            Assert.NotEqual(b.Prompt, t.Prompt);
        });
        Assert.Equal(480, benign.Select(i => i.Core).Distinct().Count());
    }

    [Fact]
    public void Tasks_and_levels_are_balanced_and_nothing_repeats()
    {
        foreach (var frame in Enum.GetValues<Frame>())
        {
            var items = ReasoningPrompts.Draw(5, frame, 1000);
            Assert.Equal(1000, items.Select(i => i.Prompt).Distinct().Count());
            Assert.Equal(1000, items.Select(i => i.Id).Distinct().Count());
            Assert.Equal(ReasoningPrompts.Tasks.Order(), items.Select(i => i.Stratum).Distinct().Order());
            Assert.All(items.GroupBy(i => i.Stratum), g => Assert.Equal(125, g.Count()));
        }

        // The level shows in the number of prices: three, four or five.
        var prices = ReasoningPrompts.Draw(5, Frame.Benign, 720).Where(i => i.Stratum == "look_up").GroupBy(i => Numbers(i.Prompt).Count).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal([(3, 30), (4, 30), (5, 30)], prices.OrderBy(p => p.Key).Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void A_seed_gives_the_same_items_a_shorter_draw_begins_a_longer_one_and_other_seeds_give_others()
    {
        var items = ReasoningPrompts.Draw(8, Frame.Benign, 240);
        Assert.Equal(items, ReasoningPrompts.Draw(8, Frame.Benign, 240));
        Assert.Equal(items.Take(64), ReasoningPrompts.Draw(8, Frame.Benign, 64));
        var other = ReasoningPrompts.Draw(9, Frame.Benign, 240).Select(i => i.Prompt).ToHashSet();
        Assert.InRange(items.Count(i => other.Contains(i.Prompt)), 0, 5);
        Assert.Empty(ReasoningPrompts.Draw(8, Frame.Benign, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReasoningPrompts.Draw(8, Frame.Benign, -1));
    }

    private static List<string> Numbers(string text) => [.. Regex.Matches(text, @"\d+").Select(m => m.Value)];
}
