using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Logic grids of three to five people, with one solution and no clue too many.</summary>
internal static class GridTask
{
    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
    private static readonly string[] s_rooms = ["red", "blue", "green", "white", "yellow"];

    private static readonly int[][][] s_orders = [.. Enumerable.Range(0, 6).Select(n => Orders(n).ToArray())];

    private enum Kind
    {
        Before,
        DayAfter,
        NotOn,
        RoomNotOn,
        Uses,
        RoomBefore,
        RoomAfter,
    }

    /// <summary>Levels 0 to 2 have three to five people, each with a day; levels 3 and 4 have three and four, each with a day and a room.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var hasRooms = level >= 3;
        var n = hasRooms ? level : level + 3;
        // Day of each person, and of each room.
        var people = random.Choose(s_orders[n]);
        var rooms = hasRooms ? random.Choose(s_orders[n]) : [];
        var grids = (from p in s_orders[n] from r in hasRooms ? s_orders[n] : [[]] select (People: p, Rooms: r)).ToArray();
        var all = Clues(n, hasRooms).Where(c => Holds(c, people, rooms)).ToArray();
        var clues = new List<Clue>();
        var left = grids;
        foreach (var clue in random.Sample(all, all.Length))
        {
            if (left.Length == 1) break;
            var fewer = left.Where(g => Holds(clue, g.People, g.Rooms)).ToArray();
            if (fewer.Length == left.Length) continue;
            clues.Add(clue);
            left = fewer;
        }

        // A clue that the others imply goes.
        for (var i = clues.Count - 1; i >= 0; i--)
        {
            var others = clues.Where((_, j) => j != i).ToArray();
            if (grids.Count(g => others.All(c => Holds(c, g.People, g.Rooms))) == 1) clues.RemoveAt(i);
        }

        var asked = random.Below(n);
        var answer = s_days[(hasRooms ? rooms : people)[asked]];
        var days = Listed(s_days[..n], "or");
        var roomList = Listed(s_rooms[..n], "or");
        return new UnframedTask($"{n} {string.Join(' ', clues)} {asked}", answer, cast =>
        {
            var told = string.Join(' ', clues.Select(c => Told(c, cast)));
            var backwards = string.Join(' ', clues.AsEnumerable().Reverse().Select(c => Told(c, cast)));
            var list = Listed([.. cast.People.Take(n)], "and");
            var deed = cast.Deed;
            var use = hasRooms ? $" Each of them uses another room, {roomList}." : "";
            var question = hasRooms ? $"On which day is the {s_rooms[asked]} room used?" : $"On which day is {cast.Known[asked]} {deed.Doing}?";
            var what = hasRooms ? $"the day of the {s_rooms[asked]} room" : $"the day of {cast.Known[asked]}";
            return new Wording(
                $"{Scene.Capitalised(list)} are each {deed.Doing} on one day, {days}, and no two of them on the same day.{use} {told} {question}",
                $"{Scene.Capitalised(list)} want to {deed.Base} {deed.Things}, one of them a day; the days are {Listed(s_days[..n], "and")}.{use} This is " +
                    $"known: {backwards} What is {what}?",
                $"Find {what}. {Scene.Capitalised(list)} have a day of their own ({days}) for {deed.Doing}.{use} {told}");
        });
    }

    private static IEnumerable<Clue> Clues(int n, bool hasRooms)
    {
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                if (i != j) yield return new Clue(Kind.Before, i, j);
                if (i != j) yield return new Clue(Kind.DayAfter, i, j);
                yield return new Clue(Kind.NotOn, i, j);
                if (!hasRooms) continue;
                yield return new Clue(Kind.RoomNotOn, i, j);
                yield return new Clue(Kind.Uses, i, j);
                yield return new Clue(Kind.RoomBefore, i, j);
                yield return new Clue(Kind.RoomAfter, i, j);
            }
    }

    private static bool Holds(Clue clue, int[] people, int[] rooms) => clue.Kind switch
    {
        Kind.Before => people[clue.A] < people[clue.B],
        Kind.DayAfter => people[clue.A] == people[clue.B] + 1,
        Kind.NotOn => people[clue.A] != clue.B,
        Kind.RoomNotOn => rooms[clue.A] != clue.B,
        Kind.Uses => people[clue.A] == rooms[clue.B],
        Kind.RoomBefore => rooms[clue.A] < people[clue.B],
        _ => rooms[clue.A] > people[clue.B],
    };

    private static string Told(Clue clue, Cast cast)
    {
        string Person(int i) => cast.Known[i];
        string Subject(int i) => Scene.Capitalised(cast.Known[i]);
        return clue.Kind switch
        {
            Kind.Before => $"{Subject(clue.A)} comes on an earlier day than {Person(clue.B)}.",
            Kind.DayAfter => $"{Subject(clue.A)} comes on the day after {Person(clue.B)}.",
            Kind.NotOn => $"{Subject(clue.A)} does not come on {s_days[clue.B]}.",
            Kind.RoomNotOn => $"The {s_rooms[clue.A]} room is not used on {s_days[clue.B]}.",
            Kind.Uses => $"{Subject(clue.A)} uses the {s_rooms[clue.B]} room.",
            Kind.RoomBefore => $"The {s_rooms[clue.A]} room is used on an earlier day than the one on which {Person(clue.B)} comes.",
            _ => $"The {s_rooms[clue.A]} room is used on a later day than the one on which {Person(clue.B)} comes.",
        };
    }

    private static string Listed(IReadOnlyList<string> names, string word) => $"{string.Join(", ", names.SkipLast(1))} {word} {names[^1]}";

    private static IEnumerable<int[]> Orders(int n)
    {
        if (n == 0) return [[]];
        return from shorter in Orders(n - 1) from at in Enumerable.Range(0, n) select (int[])[.. shorter[..at], n - 1, .. shorter[at..]];
    }

    private readonly record struct Clue(Kind Kind, int A, int B)
    {
        public override string ToString() => $"{(int)Kind}:{A}{B}";
    }
}
