using System.Text.RegularExpressions;

namespace Assay.Tests.Evaluation.Tasks;

/// <summary>Runs the little Python that code traces use, line by line, from its text alone.</summary>
internal sealed class PythonInterpreter
{
    private readonly Dictionary<string, long> _values = [];
    private readonly List<long> _printed = [];
    private int _steps;

    /// <summary>What the program prints.</summary>
    public static IReadOnlyList<long> Run(string program)
    {
        var interpreter = new PythonInterpreter();
        interpreter.Block([.. program.Split('\n')]);
        return interpreter._printed;
    }

    private void Block(List<string> lines)
    {
        var taken = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (++_steps > 100_000) throw new InvalidOperationException("The program does not end.");
            var line = lines[i];
            var body = lines.Skip(i + 1).TakeWhile(l => l.StartsWith("    ", StringComparison.Ordinal)).Select(l => l[4..]).ToList();
            if (Regex.Match(line, @"\Afor (\w+) in range\((?:(\d+), )?(\d+)\):\z") is { Success: true } loop)
            {
                var first = loop.Groups[2].Success ? long.Parse(loop.Groups[2].Value) : 0;
                for (var k = first; k < long.Parse(loop.Groups[3].Value); k++)
                {
                    _values[loop.Groups[1].Value] = k;
                    Block(body);
                }
            }
            else if (Regex.Match(line, @"\Awhile (.+):\z") is { Success: true } again)
                while (True(again.Groups[1].Value)) Block(body);
            else if (Regex.Match(line, @"\A(if|elif) (.+):\z") is { Success: true } condition)
            {
                if (condition.Groups[1].Value == "if") taken = false;
                if (!taken && True(condition.Groups[2].Value))
                {
                    taken = true;
                    Block(body);
                }
            }
            else if (line == "else:")
            {
                if (!taken) Block(body);
            }
            else if (Regex.Match(line, @"\Aprint\((.+)\)\z") is { Success: true } print) _printed.Add(Value(print.Groups[1].Value));
            else if (Regex.Match(line, @"\A(\w+) = (.+)\z") is { Success: true } assignment) _values[assignment.Groups[1].Value] =
                Value(assignment.Groups[2].Value);
            else throw new InvalidOperationException($"'{line}' is no statement.");
            i += body.Count;
        }
    }

    private bool True(string condition) => condition.Split(" and ").All(part =>
    {
        var match = Regex.Match(part, @"\A(.+) (==|<|>) (.+)\z");
        var (a, b) = (Value(match.Groups[1].Value), Value(match.Groups[3].Value));
        return match.Groups[2].Value switch { "==" => a == b, "<" => a < b, _ => a > b };
    });

    // Sums of products, from left to right.
    private long Value(string expression)
    {
        var tokens = expression.Split(' ');
        var (sum, product, sign) = (0L, One(tokens[0]), 1);
        for (var i = 1; i < tokens.Length; i += 2)
        {
            var next = One(tokens[i + 1]);
            switch (tokens[i])
            {
                case "*": product *= next; break;
                case "%": product = ((product % next) + next) % next; break;
                case "+" or "-":
                    sum += sign * product;
                    (sign, product) = (tokens[i] == "+" ? 1 : -1, next);
                    break;
                default: throw new InvalidOperationException($"'{tokens[i]}' is no operator.");
            }
        }

        return sum + sign * product;
    }

    private long One(string token) => long.TryParse(token, out var number) ? number : _values[token];
}
