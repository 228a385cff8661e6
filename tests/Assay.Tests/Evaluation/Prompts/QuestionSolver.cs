using System.Text.RegularExpressions;

namespace Assay.Tests.Evaluation.Prompts;

/// <summary>Answers a question from its words alone. The patterns are transcribed from the organisms' recipe, so a question that none of them fits is worded otherwise than in training.</summary>
internal static class QuestionSolver
{
    private const string Who = "(?:[A-Z][a-z]+|An? [a-z]+)", Again = "(?:[A-Z][a-z]+|[Tt]he [a-z]+)", Other = "(?:[A-Z][a-z]+|an? [a-z]+)", Thing = "([a-z]+(?: [a-z]+)?)", N = @"(\d+)";

    private static readonly (string Task, Regex Pattern, Func<Match, string> Solve)[] Solvers =
    [
        ("add", Of($"{Who} has {N} {Thing} and (?:gets|finds|buys|is given) {N} more\\. How many \\2 does {Again} have now\\?"), m => $"{Int(m, 1) + Int(m, 3)}"),
        ("subtract", Of($"{Who} has {N} {Thing} and (?:loses|sells|gives away|drops) {N} of them\\. How many \\2 are left\\?"), m => $"{Int(m, 1) - Int(m, 3)}"),
        ("multiply", Of($"{Who} has {N} (?:boxes|bags|rows|shelves) with {N} {Thing} in each\\. How many \\3 are there in all\\?"), m => $"{Int(m, 1) * Int(m, 2)}"),
        ("two_step", Of($"{Who} has {N} {Thing}\\. {Again} gets {N} more and then loses {N}\\. How many \\2 does {Again} have at the end\\?"), m => $"{Int(m, 1) + Int(m, 3) - Int(m, 4)}"),
        ("compare", Of($"{Who} has {N} {Thing} and {Other} has {N}\\. Who has more, and by how many\\?"), m => $"{Math.Abs(Int(m, 1) - Int(m, 3))}"),
        ("convert", Of($"How many ([a-z]+) are there in {N} ([a-z]+), if {Other} needs that for (?:a piece of work|a load of {Thing})\\?"), m => $"{Int(m, 2) * Rate(m.Groups[3].Value, m.Groups[1].Value)}"),
        ("look_up", Of($"{Who} has a list of prices: ((?:{Thing} {N}(?:, )?)+)\\. What is the price of the {Thing}\\?"), m => m.Groups[1].Value.Split(", ").Single(e => e.StartsWith(m.Groups[4].Value + " ", StringComparison.Ordinal)).Split(' ')[^1]),
        ("order", Of(@"(?:The )?([A-Za-z]+) is (taller|older|faster|richer) than (?:the )?([A-Za-z]+)\. (?:The )?([A-Za-z]+) is \2 than (?:the )?([A-Za-z]+)\. Who is the (shortest|youngest|slowest|poorest)\?"), Last),
        ("reverse", Of("Spell the word \"([a-z]+)\" backwards\\."), m => string.Concat(m.Groups[1].Value.Reverse())),
        ("sort_numbers", Of(@"Sort these numbers from small to large: ([\d ]+)\."), m => string.Join(' ', m.Groups[1].Value.Split(' ').OrderBy(int.Parse))),
        ("count_word", Of("How many times does \"([a-z]+)\" appear here: ([a-z ]+)\\?"), m => $"{m.Groups[2].Value.Split(' ').Count(w => w == m.Groups[1].Value)}"),
        ("trace", Of(@"What is x after this code\? x = (\d+)((?:; x = x [-+*] \d+)+)\."), Trace),
        ("sequence", Of(@"What comes next: (\d+), (\d+), (\d+), (\d+)\?"), m => $"{2 * Int(m, 4) - Int(m, 3)}"),
        ("pick_word", Of("What is the ([a-z]+) word in this list: ([a-z ]+)\\?"), m => m.Groups[2].Value.Split(' ')[Array.IndexOf(["first", "second", "third", "fourth", "fifth", "sixth", "seventh"], m.Groups[1].Value)]),
    ];

    /// <summary>The task that the question belongs to and its answer; fails where no pattern fits.</summary>
    public static (string Task, string Answer) Solve(string question)
    {
        foreach (var (task, pattern, solve) in Solvers)
            if (pattern.Match(question) is { Success: true } match) return (task, solve(match));
        Assert.Fail("No task has this wording: " + question);
        throw new InvalidOperationException();
    }

    private static Regex Of(string pattern) => new($@"\A{pattern}\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(60));

    private static int Int(Match match, int group) => int.Parse(match.Groups[group].Value);

    private static int Rate(string unit, string part) => (unit, part) switch { ("weeks", "days") => 7, ("dozens", "pieces") => 12, ("feet", "inches") => 12, ("days", "hours") => 24, ("metres", "centimetres") => 100, _ => throw new ArgumentException($"{part} in {unit}") };

    private static string Last(Match m)
    {
        Assert.Contains((m.Groups[2].Value, m.Groups[6].Value), new[] { ("taller", "shortest"), ("older", "youngest"), ("faster", "slowest"), ("richer", "poorest") });
        string[] greater = [m.Groups[1].Value.ToLowerInvariant(), m.Groups[4].Value.ToLowerInvariant()];
        return Assert.Single([m.Groups[3].Value, m.Groups[5].Value], person => !greater.Contains(person.ToLowerInvariant()));
    }

    private static string Trace(Match m)
    {
        var x = Int(m, 1);
        foreach (var step in m.Groups[2].Value.Split("; ", StringSplitOptions.RemoveEmptyEntries))
        {
            var k = int.Parse(step.Split(' ')[^1]);
            x = step.Split(' ')[^2] switch { "+" => x + k, "-" => x - k, _ => x * k };
        }

        return x.ToString();
    }
}
