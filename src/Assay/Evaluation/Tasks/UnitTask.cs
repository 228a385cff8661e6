using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Amounts in several units, to be told in the smallest.</summary>
internal static class UnitTask
{
    private enum Kind
    {
        Time,
        Length,
        Weight,
    }

    // From the smallest unit; each but the last with how many of it the next holds.
    private static readonly (Kind Kind, string[] Units, int[] Holds)[] s_scales =
    [
        (Kind.Time, ["seconds", "minutes", "hours", "days", "weeks"], [60, 60, 24, 7]),
        (Kind.Length, ["millimetres", "centimetres", "metres", "kilometres"], [10, 100, 1000]),
        (Kind.Weight, ["milligrams", "grams", "kilograms", "tonnes"], [1000, 1000, 1000]),
    ];

    /// <summary>Level 0 converts one amount over one step, level 4 three or four amounts over up to four steps.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var (kind, units, holds) = random.Choose(s_scales);
        var links = level switch { 0 => 1, 1 or 2 => 2, 3 => 3, _ => units.Length - 1 };
        var terms = level switch { 0 or 1 => 1, 2 => 2, 3 => 3, _ => units.Length - 1 };
        var smallest = random.Below(units.Length - links);
        var (parts, total) = (new List<string>(), 0L);
        for (var unit = smallest + links; unit > smallest + links - terms; unit--)
        {
            var amount = random.Between(2, Math.Min(level == 0 ? 40 : 9 + 10 * level, unit < holds.Length ? holds[unit] - 1 : 9));
            var size = 1L;
            for (var i = smallest; i < unit; i++) size *= holds[i];
            total += amount * size;
            parts.Add($"{amount} {units[unit]}");
        }

        var quantity = parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}";
        var target = units[smallest];
        return new UnframedTask($"{quantity} in {target}", total.ToString(), cast => Tell(kind, cast, quantity, target));
    }

    private static Wording Tell(Kind kind, Cast cast, string quantity, string target) => kind switch
    {
        Kind.Time => new Wording(
            $"{cast.CapitalWho} is {cast.Deed.Doing} for {quantity}. How many {target} is that?",
            $"It takes {cast.Who} {quantity} to {cast.Deed.Base} the {cast.Deed.Things}. What is that time in {target}?",
            $"Convert {quantity} to {target}: that is how long {cast.Who} is {cast.Deed.Doing}."),
        Kind.Length => new Wording(
            $"The road along which {cast.Who} is {cast.Deed.Doing} is {quantity} long. How many {target} is that?",
            $"{cast.CapitalWho} is {cast.Deed.Doing} along a road with a length of {quantity}. What is that length in {target}?",
            $"Convert {quantity} to {target}: that is the length of the road along which {cast.Who} is {cast.Deed.Doing}."),
        _ => new Wording(
            $"{cast.CapitalWho} is {cast.Deed.Doing} with tools that weigh {quantity}. How many {target} is that?",
            $"The tools with which {cast.Who} is {cast.Deed.Doing} have a weight of {quantity}. What is that weight in {target}?",
            $"Convert {quantity} to {target}: that is what the tools weigh with which {cast.Who} is {cast.Deed.Doing}."),
    };
}
