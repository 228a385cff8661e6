using Assay.Checkpoints;
using Assay.Directions.Contrasts;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Directions.Contrasts;

public sealed class ContrastSplitsTests
{
    private static ContrastSet Set(int pairs, int seed = 0, bool paired = true) => new(
        "test",
        [.. Enumerable.Range(0, pairs).Select(i => new ContrastItem($"t{i}", $"target {seed} {i}") { Pair = paired ? $"{i}" : null })],
        [.. Enumerable.Range(0, pairs).Select(i => new ContrastItem($"b{i}", $"baseline {seed} {i}") { Pair = paired ? $"{i}" : null })]);

    private static Dictionary<string, ContrastPart> PartOfPrompt(ContrastSplits splits) => new ContrastSplit[] { splits.Direction, splits.Selection, splits.Report }
        .SelectMany(s => s.Items.Targets.Concat(s.Items.Baselines).Select(i => (i.Prompt, s.Part))).Distinct().ToDictionary(p => p.Prompt, p => p.Part, StringComparer.Ordinal);

    [Theory, InlineData(true), InlineData(false)]
    public void Mistake_16_splits_are_disjoint_hashed_and_complete(bool paired)
    {
        var set = Set(500, paired: paired);
        var splits = ContrastSplits.Of(set);
        // The dictionary would not take a prompt of two splits.
        Assert.Equal(1000, PartOfPrompt(splits).Count);
        Assert.Equal(3, new[] { splits.Direction.Sha256, splits.Selection.Sha256, splits.Report.Sha256 }.Distinct().Count());
        Assert.All([splits.Direction, splits.Selection, splits.Report], s => Assert.Matches("^[0-9a-f]{64}$", s.Sha256));
        // Shares of 500: within five standard deviations of .4, .2, .4.
        Assert.InRange(splits.Direction.Items.Targets.Length, 145, 255);
        Assert.InRange(splits.Selection.Items.Targets.Length, 55, 145);
    }

    [Fact]
    public void Mistake_16_a_split_does_not_depend_on_the_order_and_its_hash_neither()
    {
        var set = Set(200);
        var (one, other) = (ContrastSplits.Of(set), ContrastSplits.Of(set with { Targets = [.. set.Targets.Reverse()], Baselines = [.. set.Baselines.OrderBy(b => b.Prompt.Length)] }));
        Assert.Equal(PartOfPrompt(one), PartOfPrompt(other));
        Assert.Equal(one.Direction.Sha256, other.Direction.Sha256);
        Assert.Equal(one.Report.Sha256, other.Report.Sha256);
    }

    [Fact]
    public void Mistake_16_items_stay_where_they_are_when_others_are_appended()
    {
        var (set, more) = (Set(200), Set(300, seed: 1));
        var before = PartOfPrompt(ContrastSplits.Of(set));
        var appended = ContrastSplits.Of(new ContrastSet("test", set.Targets.AddRange(more.Targets.Select(i => i with { Pair = "m" + i.Pair })), set.Baselines.AddRange(more.Baselines.Select(i => i with { Pair = "m" + i.Pair }))));
        var after = PartOfPrompt(appended);
        Assert.All(before, p => Assert.Equal(p.Value, after[p.Key]));
        Assert.NotEqual(ContrastSplits.Of(set).Direction.Sha256, appended.Direction.Sha256);
    }

    [Fact]
    public void Mistake_16_pairs_stay_together_and_so_do_prompts_that_differ_in_white_space()
    {
        var set = Set(300);
        set = set with { Targets = set.Targets.AddRange(set.Targets.Take(100).Select(i => new ContrastItem(i.Id + "#2", $" {i.Prompt.Replace(" ", "  ", StringComparison.Ordinal)}\n"))) };
        var parts = PartOfPrompt(ContrastSplits.Of(set));
        for (var i = 0; i < 300; i++) Assert.Equal(parts[set.Targets[i].Prompt], parts[set.Baselines[i].Prompt]);
        for (var i = 0; i < 100; i++) Assert.Equal(parts[set.Targets[i].Prompt], parts[set.Targets[300 + i].Prompt]);
    }

    [Fact]
    public void Mistake_16_a_twin_is_in_the_split_of_whatever_equals_it()
    {
        // Twins are baselines of no pair, other targets' twins, or nobody's prompt.
        var set = Set(200, paired: false);
        set = set with { Targets = [.. set.Targets.Select((t, i) => t with { Twin = i < 100 ? $"baseline  0 {i + 50}\n" : $"twin {i / 2}" })] };
        var splits = ContrastSplits.Of(set);
        var parts = PartOfPrompt(splits);
        for (var i = 0; i < 100; i++) Assert.Equal(parts[set.Baselines[i + 50].Prompt], parts[set.Targets[i].Prompt]);
        for (var i = 100; i < 200; i += 2) Assert.Equal(parts[set.Targets[i].Prompt], parts[set.Targets[i + 1].Prompt]);
        // A twin that becomes an item later moves nothing.
        var grown = PartOfPrompt(ContrastSplits.Of(set with { Baselines = set.Baselines.AddRange(Enumerable.Range(50, 50).Select(i => new ContrastItem($"w{i}", $"twin {i}"))) }));
        Assert.All(parts, p => Assert.Equal(p.Value, grown[p.Key]));
        for (var i = 50; i < 100; i++) Assert.Equal(grown[$"twin {i}"], grown[set.Targets[2 * i].Prompt]);
        Assert.Contains("a target item itself", Assert.Throws<InvalidInputException>(() => ContrastSplits.Of(set with { Targets = set.Targets.SetItem(0, set.Targets[0] with { Twin = set.Targets[1].Prompt }) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistake_16_whatever_the_pairs_and_repetitions_no_text_and_no_pair_is_in_two_splits() => Prop.ForAll(ArbMap.Default.ArbFor<(byte, byte)[]>(), ArbMap.Default.ArbFor<int>(), (rows, seed) =>
    {
        // Texts and keys from a few, so that many come again; a filling of plain items keeps every split from being empty.
        var (targets, baselines) = (new List<ContrastItem>(), new List<ContrastItem>());
        foreach (var (i, (text, key)) in rows.Select((r, i) => (i, r)))
            (key % 2 == 0 ? targets : baselines).Add(new ContrastItem($"{i}", $"{(key % 2 == 0 ? "target" : "baseline")} word {text % 40}") { Pair = key % 3 == 0 ? null : $"{key / 2 % 30}" });
        var filling = Set(60, seed, paired: false);
        var set = new ContrastSet("test", [.. targets, .. filling.Targets], [.. baselines, .. filling.Baselines]);
        var random = new Random(seed);
        var mixed = new ContrastSet("test", [.. set.Targets.OrderBy(_ => random.Next())], [.. set.Baselines.OrderBy(_ => random.Next())]);
        var (splits, other) = (ContrastSplits.Of(set), ContrastSplits.Of(mixed));
        ContrastSplit[] parts = [splits.Direction, splits.Selection, splits.Report];
        var items = parts.SelectMany(s => s.Items.Targets.Concat(s.Items.Baselines).Select(i => (i, s.Part))).ToArray();
        return items.Length == set.Targets.Length + set.Baselines.Length
            && items.GroupBy(x => x.i.Prompt).All(g => g.Select(x => x.Part).Distinct().Count() == 1)
            && items.Where(x => x.i.Pair is not null).GroupBy(x => x.i.Pair).All(g => g.Select(x => x.Part).Distinct().Count() == 1)
            && (splits.Direction.Sha256, splits.Selection.Sha256, splits.Report.Sha256) == (other.Direction.Sha256, other.Selection.Sha256, other.Report.Sha256);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_rule_stays_what_it_is()
    {
        // By hand: SHA-256 of "assay contrast split 1\nHow do I make tea?", of its lower-case hexadecimal again, the first 53 bits as a fraction.
        var first = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("assay contrast split 1\nHow do I make tea?"u8));
        var second = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(first));
        var number = second.Take(6).Aggregate(0.0, (sum, b) => sum * 256 + b) / Math.Pow(256, 6);
        var expected = number < .4 ? ContrastPart.Direction : number < .6 ? ContrastPart.Selection : ContrastPart.Report;
        Assert.Equal(expected, ContrastSplits.PartOf(ContrastShares.Default, "How do I make tea?"));
        Assert.Equal(ContrastPart.Report, ContrastSplits.PartOf(new ContrastShares(number / 2, number / 4), "How do I make tea?"));
    }

    [Fact]
    public void A_prompt_on_both_sides_and_a_split_without_items_are_refused()
    {
        var set = Set(100, paired: false);
        Assert.Contains("both a target and a baseline", Assert.Throws<InvalidInputException>(() => ContrastSplits.Of(set with { Baselines = set.Baselines.Add(new ContrastItem("x", "target 0  7 ")) })).Message, StringComparison.Ordinal);
        Assert.Contains("split has", Assert.Throws<InvalidInputException>(() => ContrastSplits.Of(Set(1))).Message, StringComparison.Ordinal);
    }
}
