using System.Globalization;
using System.Text.RegularExpressions;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Tasks;

/// <summary>Answers questions from their text alone, in any of their wordings, by other means than those that made them.</summary>
internal static class TaskSolver
{
    private static readonly string[] s_weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static readonly Dictionary<string, decimal> s_units = new()
    {
        ["seconds"] = 1, ["minutes"] = 60, ["hours"] = 3600, ["days"] = 86400, ["weeks"] = 604800,
        ["millimetres"] = 1, ["centimetres"] = 10, ["metres"] = 1000, ["kilometres"] = 1_000_000,
        ["milligrams"] = 1, ["grams"] = 1000, ["kilograms"] = 1_000_000, ["tonnes"] = 1_000_000_000,
    };

    /// <summary>The answer to one wording of an item.</summary>
    public static string Solve(PromptItem item, int wording)
    {
        var turns = item.Conversation(wording);
        var question = Regex.Replace(turns[^1].Content, @"\AThis is a question about [a-z]+\. ", "");
        return item.Stratum switch
        {
            "arithmetic" => Arithmetic(question),
            "units" => Units(question),
            "calendar" => Calendar(question),
            "grid" => Grid(question),
            "code_trace" => Trace(question),
            "table_join" => Join(question),
            "string_program" => Strings(question),
            "two_turns" => TwoTurns(turns.First(t => t.Role == "user").Content, question),
            "retrieval" => Retrieval(question),
            "languages" => Languages(question),
            _ => throw new ArgumentException(item.Stratum),
        };
    }

    private static string Arithmetic(string question)
    {
        var x = decimal.Parse(Regex.Match(question, @"\d+").Value);
        foreach (Match step in Regex.Matches(question, @"(?:(\d+) (more|fewer|times as many)|(half|a third|a quarter|a fifth) of the number)"))
        {
            var by = step.Groups[1].Success ? decimal.Parse(step.Groups[1].Value) : 0;
            x = step.Groups[2].Value switch
            {
                "more" => x + by,
                "fewer" => x - by,
                "times as many" => x * by,
                _ => x / (step.Groups[3].Value switch { "half" => 2, "a third" => 3, "a quarter" => 4, _ => 5 }),
            };
        }

        return x.ToString("0.#", CultureInfo.InvariantCulture);
    }

    private static string Trace(string question) =>
        PythonInterpreter.Run(Regex.Match(question, @"```python\n(?<code>.+)\n```\z", RegexOptions.Singleline).Groups["code"].Value).Single().ToString();

    private static string Units(string question)
    {
        var target = Regex.Match(question, @"How many (\w+) is that|in (\w+)\?\z|\AConvert .+ to (\w+):").Groups.Values.Skip(1).Single(g => g.Success).Value;
        var total = Regex.Matches(question, @"(\d+) (\w+)").Sum(m => decimal.Parse(m.Groups[1].Value) * s_units[m.Groups[2].Value]);
        return (total / s_units[target]).ToString("0.######", CultureInfo.InvariantCulture);
    }

    private static string Calendar(string question)
    {
        var dates = Regex.Matches(question, @"\d+ [A-Z][a-z]+ \d{4}").Select(m => DateTime.ParseExact(m.Value, "d MMMM yyyy", CultureInfo.InvariantCulture))
            .ToList();
        var weekday = s_weekdays.FirstOrDefault(d => question.Contains(d, StringComparison.Ordinal));
        if (weekday is null) return (dates[1] - dates[0]).Days.ToString();
        if (dates.Count == 2)
        {
            Assert.Equal(weekday, dates[0].DayOfWeek.ToString());
            return dates[1].DayOfWeek.ToString();
        }

        var start = new DateTime(2000, 1, 1);
        while (start.DayOfWeek.ToString() != weekday) start = start.AddDays(1);
        return start.AddDays(int.Parse(Regex.Match(question, @"\d+").Value)).DayOfWeek.ToString();
    }

    private static string Grid(string question)
    {
        var list = Regex.Match(question, @"(?:\A|\. )([^.]+?) (?:are each|want to|have a day of their own)").Groups[1].Value;
        var people = Split(list).Select(p => Regex.Replace(p, "^an? ", "the ", RegexOptions.IgnoreCase)).ToArray();
        var days = s_weekdays[..people.Length];
        var roomNames = Regex.Match(question, @"another room, ([^.]+)\.") is { Success: true } m ? Split(m.Groups[1].Value) : [];
        var askedRoom = Regex.Match(question, @"(?:On which day is|the day of) the (\w+) room").Groups[1].Value;
        var (solutions, persons, rooms) = (new List<string>(), Array.Empty<int>(), Array.Empty<int>());
        int DayOf(string person) => persons[Array.FindIndex(people, p => string.Equals(p, person, StringComparison.OrdinalIgnoreCase))];
        int RoomDay(string room) => rooms[Array.IndexOf(roomNames, room)];
        var clues = new List<Func<bool>>();
        Add(@"([^.:]+?) comes on an earlier day than ([^.]+)\.", (a, b) => DayOf(a) < DayOf(b));
        Add(@"([^.:]+?) comes on the day after ([^.]+)\.", (a, b) => DayOf(a) - DayOf(b) == 1);
        Add(@"([^.:]+?) does not come on (\w+)\.", (a, b) => days[DayOf(a)] != b);
        Add(@"The (\w+) room is not used on (\w+)\.", (a, b) => days[RoomDay(a)] != b);
        Add(@"([^.:]+?) uses the (\w+) room\.", (a, b) => DayOf(a) == RoomDay(b));
        Add(@"The (\w+) room is used on an earlier day than the one on which ([^.]+?) comes\.", (a, b) => RoomDay(a) < DayOf(b));
        Add(@"The (\w+) room is used on a later day than the one on which ([^.]+?) comes\.", (a, b) => RoomDay(a) > DayOf(b));
        var askedPerson = Array.FindIndex(people, p => Regex.IsMatch(question, $"(On which day is|the day of) {p}\\b", RegexOptions.IgnoreCase));
        foreach (var order in Permutations(days.Length))
            foreach (var other in roomNames.Length > 0 ? Permutations(days.Length) : [[]])
            {
                (persons, rooms) = (order, other);
                if (clues.All(c => c())) solutions.Add(days[askedRoom.Length > 0 ? RoomDay(askedRoom) : persons[askedPerson]]);
            }

        // One solution in all, not only one answer.
        return solutions.Single();

        void Add(string pattern, Func<string, string, bool> rule)
        {
            foreach (Match clue in Regex.Matches(question, "(?<=[.:] )" + pattern)) clues.Add(() => rule(clue.Groups[1].Value, clue.Groups[2].Value));
        }
    }

    private static string[] Split(string list) => Regex.Split(list, ", | and | or ");

    private static IEnumerable<int[]> Permutations(int n) => n == 0 ? [[]]
        : Permutations(n - 1).SelectMany(p => Enumerable.Range(0, n), (p, at) => p.Take(at).Append(n - 1).Concat(p.Skip(at)).ToArray());

    private static string Join(string question)
    {
        var blocks = question.Split("\n\n").Where(b => b.Contains(" | ", StringComparison.Ordinal))
            .Select(b => b.Split('\n').Skip(1).Select(r => r.Split(" | ")).ToDictionary(r => r[0], r => r[1])).ToList();
        var text = string.Join(' ', question.Split("\n\n").Where(b => !b.Contains(" | ", StringComparison.Ordinal)));
        var workers = blocks[0].Keys.Where(k => Regex.IsMatch(text, $@"\b{k}\b", RegexOptions.IgnoreCase)).ToList();
        Assert.InRange(workers.Count, 1, 2);
        return workers.Sum(w => int.Parse(blocks.Aggregate(w, (key, table) => table[key]))).ToString();
    }

    private static string Strings(string question)
    {
        var word = Regex.Match(question, "the word \"([a-z]+)\"").Groups[1].Value.ToList();
        foreach (Match step in Regex.Matches(question, @"^\d+\. (?<step>.+)$", RegexOptions.Multiline))
        {
            var text = step.Groups["step"].Value;
            if (text == "Reverse the order of the letters.") word.Reverse();
            else if (text == "Remove the first letter.") word.RemoveAt(0);
            else if (text == "Remove the last letter.") word.RemoveAt(word.Count - 1);
            else if (text == "Swap the first and the last letter.") (word[0], word[^1]) = (word[^1], word[0]);
            else if (text == "Write the last letter once more at the end.") word.Add(word[^1]);
            else if (text == "Move the first letter to the end.")
            {
                word.Add(word[0]);
                word.RemoveAt(0);
            }
            else
            {
                var replace = Regex.Match(text, "\\AReplace every \"(.)\" by \"(.)\"\\.\\z");
                Assert.True(replace.Success, text);
                word = [.. word.Select(c => c == replace.Groups[1].Value[0] ? replace.Groups[2].Value[0] : c)];
            }
        }

        return string.Concat(word);
    }

    private static string TwoTurns(string told, string question)
    {
        var numbers = Regex.Matches(told, @"\d+").Select(m => int.Parse(m.Value)).ToList();
        var asked = Regex.Matches(question, "first|second|third|fourth|fifth")
            .Select(m => numbers[Array.IndexOf(["first", "second", "third", "fourth", "fifth"], m.Value)]).ToList();
        return (Regex.IsMatch(question, "together|Add up|total") ? asked.Sum() : asked.Max() - asked.Min()).ToString();
    }

    private static string Retrieval(string question)
    {
        var facts = Regex.Matches(question, @"The code of the room for ([^.]+?) is (\d+)\.").ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.InRange(facts.Count, 3, 5);
        var asked = Regex.Match(question,
            @"(?:What is the code of the room for|Which code has the room for) ([^?]+)\?\z|\AFind the code of the room for (.+?) in the text that follows")
            .Groups.Values
            .Skip(1).Single(g => g.Success).Value;
        return facts[asked];
    }

    private static string Languages(string question)
    {
        // The first number, then each with the verb of its sentence.
        var x = int.Parse(Regex.Match(question, @"\d+").Value);
        foreach (var sentence in Regex.Split(question, @"(?<=[.。])\s*").Skip(1))
        {
            var by = Regex.Match(sentence, @"\d+") is { Success: true } m ? int.Parse(m.Value) : 0;
            if (Regex.IsMatch(sentence, "buys|kauft|achète|compra|买了")) x += by;
            else if (Regex.IsMatch(sentence, "gives away|verschenkt|donne|regala|送出")) x -= by;
            else if (Regex.IsMatch(sentence, "doubles|verdoppelt|double|duplica|一倍")) x *= 2;
            else Assert.Equal(0, by);
        }

        return x.ToString();
    }
}
