using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Chains of one to five steps: each day's number follows from the day before.</summary>
internal static class ArithmeticTask
{
    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    private static readonly string[] s_parts = ["", "", "half", "a third", "a quarter", "a fifth"];

    /// <summary>A chain of <paramref name="level"/> + 1 steps.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var first = random.Between(5, 20 + 15 * level);
        var x = first;
        var steps = new List<(char Operation, int By)>();
        var shown = new HashSet<int> { first };
        for (var i = 0; i <= level; i++)
        {
            var value = x;
            var parts = Enumerable.Range(2, 4).Where(k => value % k == 0 && value / k >= 2).ToArray();
            var feasible = "+" + (x >= 3 ? "-" : "") + (x <= 150 ? "*" : "") + (parts.Length > 0 ? "/" : "");
            var operation = feasible[random.Below(feasible.Length)];
            var by = operation switch
            {
                '+' => random.Between(2, 12 + 10 * level),
                '-' => random.Between(1, Math.Min(x - 2, 12 + 20 * level)),
                '*' => random.Between(2, 4),
                _ => random.Choose(parts),
            };
            x = operation switch { '+' => x + by, '-' => x - by, '*' => x * by, _ => x / by };
            steps.Add((operation, by));
            shown.Add(by);
        }

        if (shown.Contains(x)) return null;
        var last = s_days[steps.Count];
        return new UnframedTask($"{first}{string.Concat(steps)}", x.ToString(), cast =>
        {
            var deed = cast.Deed;
            string Each(string form, string of) => string.Concat(steps.Select((s, i) => string.Format(form, s_days[i + 1],
                Relation(s.Operation, s.By, string.Format(of, s_days[i])))));
            return new Wording(
                $"On Monday {cast.Who} {deed.Past} {first} {deed.Things}.{Each(" On {0} it was {1}.", "on {0}")} How many {deed.Things} did {cast.Again} " +
                    $"{deed.Base} on {last}?",
                $"{cast.CapitalWho} kept a list of how many {deed.Things} {cast.Again} {deed.Past} on each day. Monday: {first}.{Each(" {0}: {1}.", "on {0}")} "
                    + $"What number belongs to {last}?",
                $"How many {deed.Things} did {cast.Who} {deed.Base} on {last}, if it was {first} on Monday{Each("; on {0}, {1}", "on {0}")}?");
        });
    }

    private static string Relation(char operation, int by, string before) => operation switch
    {
        '+' => $"{by} more than {before}",
        '-' => $"{by} fewer than {before}",
        '*' => $"{by} times as many as {before}",
        _ => $"{s_parts[by]} of the number {before}",
    };
}
