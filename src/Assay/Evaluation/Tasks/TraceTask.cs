using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Small Python programs with loops: what do they print?</summary>
internal static class TraceTask
{
    /// <summary>0: a loop. 1: a loop whose variable counts. 2: a loop with a condition. 3: two loops, one within the other. 4: a while loop with a condition,
    /// after another loop.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var x = random.Between(2, 12 + 5 * level);
        List<string> lines = [$"@ = {x}"];
        switch (level)
        {
            case 0: Add(random, lines, ref x); break;
            case 1: Count(random, lines, ref x); break;
            case 2: Choose(random, lines, ref x); break;
            case 3: Nest(random, lines, ref x); break;
            default:
                Count(random, lines, ref x);
                While(random, lines, ref x);
                break;
        }

        lines.Add("print(@)");
        var program = string.Join('\n', lines);
        if (x is < 0 or > 9999 || NumbersOf(program).Contains(x)) return null;
        return new UnframedTask(program, x.ToString(), cast =>
        {
            var code = $"\n\n```python\n{program.Replace("@", cast.Deed.Identifier, StringComparison.Ordinal)}\n```";
            return new Wording(
                $"{cast.CapitalWho} runs this Python program to count the {cast.Deed.Things} that {cast.Again} {cast.Deed.Past}. What does it print?{code}",
                $"While {cast.Deed.Doing}, {cast.Who} keeps count with the Python program below. Which number does it print?{code}",
                $"Trace this Python program, with which {cast.Who} counts {cast.Deed.Things}, and give the number that it prints.{code}");
        });
    }

    private static void Add(SeededRandom random, List<string> lines, ref int x)
    {
        int times = random.Between(2, 6), by = random.Between(2, 9);
        lines.AddRange([$"for step in range({times}):", $"    @ = @ + {by}"]);
        x += times * by;
    }

    private static void Count(SeededRandom random, List<string> lines, ref int x)
    {
        int first = random.Between(1, 3), end = first + random.Between(3, 5), by = random.Between(2, 5);
        lines.AddRange([$"for step in range({first}, {end}):", $"    @ = @ + step * {by}"]);
        for (var step = first; step < end; step++) x += step * by;
    }

    private static void Choose(SeededRandom random, List<string> lines, ref int x)
    {
        int times = random.Between(4, 6), modulus = random.Between(2, 3), more = random.Between(3, 9), less = random.Between(1, 2);
        lines.AddRange([$"for step in range({times}):", $"    if @ % {modulus} == 0:", $"        @ = @ + {more}", "    else:", $"        @ = @ - {less}"]);
        for (var step = 0; step < times; step++) x = x % modulus == 0 ? x + more : x - less;
    }

    private static void Nest(SeededRandom random, List<string> lines, ref int x)
    {
        int rounds = random.Between(2, 4), turns = random.Between(2, 4), by = random.Between(2, 5), limit = random.Between(10, 40), less = random.Between(3, 9);
        lines.AddRange([$"for round in range(1, {rounds + 1}):", $"    for turn in range({turns}):", $"        @ = @ + round * {by} - turn",
            $"    if @ > {limit}:", $"        @ = @ - {less}"]);
        for (var round = 1; round <= rounds; round++)
        {
            for (var turn = 0; turn < turns; turn++) x += round * by - turn;
            if (x > limit) x -= less;
        }
    }

    private static void While(SeededRandom random, List<string> lines, ref int x)
    {
        int left = random.Between(5, 9), down = random.Between(1, 2), limit = random.Between(30, 90), more = random.Between(2, 9);
        lines.AddRange([$"left = {left}", "while left > 0:", $"    if @ % 2 == 0 and @ < {limit}:", "        @ = @ * 2", $"    elif @ > {limit}:",
            "        @ = @ - left",
            "    else:", $"        @ = @ + {more}", $"    left = left - {down}"]);
        for (; left > 0; left -= down) x = x % 2 == 0 && x < limit ? x * 2 : x > limit ? x - left : x + more;
    }

    private static HashSet<int> NumbersOf(string program)
    {
        var numbers = new HashSet<int>();
        for (var i = 0; i < program.Length; i++)
        {
            if (!char.IsAsciiDigit(program[i])) continue;
            var value = 0;
            for (; i < program.Length && char.IsAsciiDigit(program[i]); i++) value = value * 10 + program[i] - '0';
            numbers.Add(value);
        }

        return numbers;
    }
}
