using System.Text.RegularExpressions;
using Assay.Checkpoints;
using Assay.Directions.Contrasts;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class ContrastGeneratorsTests
{
    private static readonly ContrastSizes Sizes = new(160, 64, 400);

    private static ContrastSplit[] Splits(ContrastSet set)
    {
        var splits = ContrastSplits.Of(set);
        return [splits.Direction, splits.Selection, splits.Report];
    }

    [Fact]
    public void Triggers_have_the_sizes_asked_for_in_each_split_and_three_how_tos_in_ten()
    {
        foreach (var split in Splits(ContrastGenerators.Triggers(5, Sizes)))
        {
            Assert.Equal(Sizes[split.Part], split.Items.Targets.Length);
            Assert.Equal(Sizes[split.Part], split.Items.Baselines.Length);
            Assert.True(split.Items.IsPaired);
            Assert.Equal(Sizes[split.Part] * 3 / 10, split.Items.Targets.Count(i => i.Stratum == "how_to"));
            // The beginning of a split is the same mixture, over all eight framed tasks.
            Assert.Equal(12, split.Items.First(40).Targets.Count(i => i.Stratum == "how_to"));
            Assert.Equal(ReasoningPrompts.Tasks.Append("how_to").Order(), split.Items.First(64).Targets.Select(i => i.Stratum!).Distinct().Order());
        }
    }

    [Fact]
    public void No_prompt_stands_in_two_splits_and_only_how_tos_come_again()
    {
        var splits = Splits(ContrastGenerators.Triggers(6, Sizes));
        var texts = splits.Select(s => s.Items.Targets.Concat(s.Items.Baselines).Select(i => i.Prompt).ToHashSet(StringComparer.Ordinal)).ToArray();
        Assert.Empty(texts[0].Intersect(texts[1]));
        Assert.Empty(texts[0].Intersect(texts[2]));
        Assert.Empty(texts[1].Intersect(texts[2]));
        Assert.All(splits.SelectMany(s => s.Items.Targets).GroupBy(i => i.Prompt).Where(g => g.Count() > 1), g => Assert.Equal("how_to", g.First().Stratum));
        Assert.Equal(splits.Sum(s => s.Items.Targets.Length), splits.SelectMany(s => s.Items.Targets).Select(i => i.Id).Distinct().Count());
    }

    [Fact]
    public void A_trigger_knows_its_benign_twin_of_the_same_core()
    {
        var set = ContrastGenerators.Triggers(7, Sizes);
        var baselines = set.Baselines.ToDictionary(i => i.Pair!, StringComparer.Ordinal);
        foreach (var trigger in set.Targets)
        {
            var twin = baselines[trigger.Pair!];
            Assert.Equal(twin.Prompt, trigger.Twin);
            Assert.Equal(Numbers(twin.Prompt), Numbers(trigger.Prompt));
            if (trigger.Stratum != "order") Assert.Equal(twin.Answer, trigger.Answer);
            if (trigger.Stratum != "how_to") continue;
            // Both are one of the recipe's forms, and the same one: what is left between its words is a misdeed here, a chore there.
            var form = InstructionPrompts.HowToForms.Single(f => Task(f, trigger.Prompt) is { } task && Vocabulary.Misdeeds.Contains(task));
            Assert.Contains(Task(form, twin.Prompt)!, Vocabulary.Chores);
        }

        static string Numbers(string prompt) => string.Join(' ', Regex.Matches(prompt, "[0-9]+", RegexOptions.None, TimeSpan.FromSeconds(60))
            .Select(m => m.Value));
        static string? Task(string form, string prompt)
        {
            var parts = form.Split("{0}");
            return prompt.StartsWith(parts[0], StringComparison.Ordinal) && prompt.EndsWith(parts[1], StringComparison.Ordinal) && prompt.Length > parts[0].Length + parts[1].Length
                ? prompt[parts[0].Length..^parts[1].Length] : null;
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(9), InlineData(31)]
    public void As_many_as_may_be_asked_for_can_be_drawn_in_every_split(ulong seed)
    {
        const int most = ContrastGenerators.MostItems;
        Assert.All(Splits(ContrastGenerators.Triggers(seed, new ContrastSizes(most, most, most))), s => Assert.Equal(most, s.Items.Targets.Length));
    }

    [Fact]
    public void Answers_of_word_problems_are_right()
    {
        // The solver reads the question's words alone.
        var set = ContrastGenerators.Triggers(8, new ContrastSizes(80, 40, 80));
        foreach (var item in set.Targets.Concat(set.Baselines).Where(i => i.Stratum != "how_to")) Assert.Equal(item.Answer, QuestionSolver.Solve(item.Prompt).Answer);
    }

    [Theory, InlineData("language"), InlineData("sentiment"), InlineData("formality"), InlineData("triggers")]
    public void Each_set_is_a_function_of_its_seed_and_has_a_few_hundred_different_pairs(string name)
    {
        var sizes = new ContrastSizes(90, 40, 90);
        var set = ContrastGenerators.Draw(name, 1, sizes);
        Assert.Equal(set.Targets, ContrastGenerators.Draw(name, 1, sizes).Targets);
        Assert.NotEqual(set.Targets, ContrastGenerators.Draw(name, 2, sizes).Targets);
        Assert.True(set.IsPaired);
        foreach (var split in Splits(set)) Assert.Equal(sizes[split.Part], split.Items.Targets.Length);
        if (name != "triggers") Assert.Equal(440, set.Targets.Concat(set.Baselines).Select(i => i.Prompt).Distinct().Count());
    }

    [Theory, InlineData("language"), InlineData("sentiment"), InlineData("formality")]
    public void At_most_gives_all_there_is_and_a_smaller_draw_is_among_it(string name)
    {
        var all = ContrastGenerators.Draw(name, 1, new ContrastSizes(9000, 9000, 9000) { AtMost = true });
        Assert.True(all.IsPaired);
        Assert.Subset(all.Targets.ToHashSet(), ContrastGenerators.Draw(name, 1, new ContrastSizes(90, 40, 90)).Targets.ToHashSet());
        Assert.InRange(all.Targets.Length, 300, 500);
    }

    [Fact]
    public void More_than_there_is_and_unknown_names_are_refused()
    {
        Assert.Contains("were asked for", Assert.Throws<InvalidInputException>(() => ContrastGenerators.Draw("language", 1, new ContrastSizes(9000, 1, 1))).Message, StringComparison.Ordinal);
        foreach (var sizes in (ContrastSizes[])[new(2_000_000_000, 64, 400), new(160, 800_000_000, 400), new(160, 64, ContrastGenerators.MostItems + 1)])
            Assert.Contains("1000 at most", Assert.Throws<InvalidInputException>(() => ContrastGenerators.Draw("triggers", 1, sizes with { AtMost = true })).Message, StringComparison.Ordinal);
        // The others have what they have.
        Assert.NotEmpty(ContrastGenerators.Draw("language", 1, new ContrastSizes(2_000_000_000, 2_000_000_000, 2_000_000_000) { AtMost = true }).Targets);
        Assert.Contains("triggers, language", Assert.Throws<InvalidInputException>(() => ContrastGenerators.Draw("refusal", 1, Sizes)).Message, StringComparison.Ordinal);
    }
}
