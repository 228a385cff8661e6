using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Two or three tables that have to be read one after another.</summary>
internal static class JoinTask
{
    private static readonly string[] s_rooms = ["red", "blue", "green", "white", "yellow"];

    /// <summary>Levels 0 and 1: one number through two tables of three and four rows. 2: the sum of two such numbers. 3: through three tables. 4: a sum through
    /// three.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var rows = Math.Min(3 + level, Cast.Members);
        var (three, sum) = (level >= 3, level is 2 or 4);
        int[] all = [.. Enumerable.Range(0, rows)];
        // The job of each person, the room of each job, and each table's order of rows.
        var jobs = random.Sample(all, rows);
        var rooms = random.Sample(all, rows);
        var numbers = random.Sample([.. Enumerable.Range(3, 40 + 20 * level)], rows);
        IReadOnlyList<int> first = random.Sample(all, rows), second = random.Sample(all, rows), third = random.Sample(all, rows);
        var asked = random.Sample(all, 2);
        int Of(int person) => numbers[three ? rooms[jobs[person]] : jobs[person]];
        var answer = sum ? Of(asked[0]) + Of(asked[1]) : Of(asked[0]);
        if (sum && numbers.Contains(answer)) return null;
        var key = string.Join(' ', jobs.Concat(rooms).Concat(numbers).Concat(first).Concat(second).Concat(third).Concat(asked));
        return new UnframedTask(key, answer.ToString(), Tell) { Shown = !sum };

        Wording Tell(Cast cast)
        {
            string Person(int i) => cast.Known[i];
            var tables = Table("worker | job", first.Select(p => $"{Person(p)} | {cast.Deeds[jobs[p]].Doing}"))
                + (three ? Table("job | room", second.Select(j => $"{cast.Deeds[j].Doing} | {s_rooms[rooms[j]]}"))
                    + Table("room | seats", third.Select(r => $"{s_rooms[r]} | {numbers[r]}"))
                    : Table("job | hours", second.Select(j => $"{cast.Deeds[j].Doing} | {numbers[j]}")));
            var (a, b) = (Person(asked[0]), Person(asked[1]));
            return (three, sum) switch
            {
                (false, false) => new Wording($"Here are two tables.{tables}\n\nHow many hours does the job of {a} take?",
                    $"How long, in hours, does {a} work? Use these tables.{tables}",
                    $"Read the tables and say how many hours {a} needs for the job.{tables}"),
                (false, true) => new Wording($"Here are two tables.{tables}\n\nHow many hours do the jobs of {a} and {b} take together?",
                    $"How long, in hours, do {a} and {b} work in total? Use these tables.{tables}",
                        $"Read the tables and add up the hours of {a} and {b}.{tables}"),
                (true, false) => new Wording($"Here are three tables.{tables}\n\nHow many seats are in the room where {a} works?",
                    $"The room in which {a} works has how many seats? Use these tables.{tables}",
                        $"Read the tables and give the number of seats in the room of {a}.{tables}"),
                _ => new Wording($"Here are three tables.{tables}\n\nHow many seats are there in all in the two rooms where {a} and {b} work?",
                    $"{Scene.Capitalised(a)} and {b} work in two rooms. How many seats do these have together? Use these tables.{tables}",
                    $"Read the tables and add up the seats in the room of {a} and in the room of {b}.{tables}"),
            };
        }
    }

    private static string Table(string head, IEnumerable<string> rows) => $"\n\n{head}\n{string.Join('\n', rows)}";
}
