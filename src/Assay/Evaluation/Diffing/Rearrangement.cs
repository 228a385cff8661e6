namespace Assay.Evaluation.Diffing;

/// <summary>Neighbouring rows or columns of the candidate that stand in the base one after the other.</summary>
/// <param name="First">First index in the candidate.</param>
/// <param name="From">The index in the base that it came from.</param>
/// <param name="Count">How many go on like this.</param>
public readonly record struct MovedRun(int First, int From, int Count);

/// <summary>Where rows and columns of a candidate's matrix stand in the base.</summary>
public sealed record Rearrangement
{
    private const int MostRuns = 64;
    private const int ToldRuns = 3;
    private const double LeastTold = .75;

    /// <summary>What was moved, in a word: <c>rows</c>, <c>columns</c>, <c>rows and columns</c>, <c>neurons</c>, <c>heads</c>, <c>experts</c>.</summary>
    public required string What { get; init; }

    /// <summary>The order, where it is a known one: <c>GGUF</c> for heads whose halves are interleaved, <c>from GGUF</c> for the way back, <c>exchanged</c> for
    /// two that changed places, <c>reversed</c>, <c>one</c> where every line is a copy of the same line.</summary>
    public string? Pattern { get; init; }

    /// <summary>Rows at another index, those of equal content not counted.</summary>
    public int MovedRows { get; init; }

    /// <summary>Columns at another index.</summary>
    public int MovedColumns { get; init; }

    /// <summary>The first runs of rows at another index.</summary>
    public IReadOnlyList<MovedRun> RowRuns { get; init; } = [];

    /// <summary>The first runs of columns at another index.</summary>
    public IReadOnlyList<MovedRun> ColumnRuns { get; init; } = [];

    /// <summary>For each row of the candidate the base's; null where no row moved.</summary>
    internal int[]? Rows { get; init; }

    /// <summary>For each column of the candidate the base's; null where no column moved.</summary>
    internal int[]? Columns { get; init; }

    /// <summary>Whether no few runs tell most of it.</summary>
    public bool IsGeneral => MovedRows > 0 && IsScattered(RowRuns, MovedRows) || MovedColumns > 0 && IsScattered(ColumnRuns, MovedColumns);

    /// <summary>Whether one line of the base stands at several places.</summary>
    public bool Repeats => HasRepeats(Rows) || HasRepeats(Columns);

    /// <summary>In words.</summary>
    public override string ToString() =>
        string.Join("; ", Words(RowRuns, MovedRows, "row").Concat(Words(ColumnRuns, MovedColumns, "column")))
            + Pattern switch { "GGUF" => ", in GGUF's order", "from GGUF" => ", as if from GGUF's order", _ => "" };

    private static bool IsScattered(IReadOnlyList<MovedRun> runs, int moved) => runs.Select(r => r.Count).OrderDescending().Take(ToldRuns)
        .Sum() < LeastTold * moved;

    private static IEnumerable<string> Words(IReadOnlyList<MovedRun> runs, int moved, string what)
    {
        if (moved == 0) yield break;
        if (IsScattered(runs, moved))
        {
            yield return $"{moved} {what}s stand at other indices";
            yield break;
        }

        var told = runs.OrderByDescending(r => r.Count).Take(ToldRuns).OrderBy(r => r.First).ToList();
        yield return string.Join(", ", told.Select(r => r.Count == 1 ? $"{what} {r.First} holds the base's {what} {r.From}"
            : $"{what}s {r.First}–{r.First + r.Count - 1} hold the base's {what}s {r.From}–{r.From + r.Count - 1}"))
                + (told.Sum(r => r.Count) < moved ? $", and {moved - told.Sum(r => r.Count)} more moved" : "");
    }

    /// <summary>A rearrangement with its runs.</summary>
    internal static Rearrangement Of(string what, int[]? rows, int[]? columns, string? pattern = null) => new()
    {
        What = what, Pattern = pattern, Rows = rows, Columns = columns,
        MovedRows = Moved(rows), MovedColumns = Moved(columns), RowRuns = Runs(rows), ColumnRuns = Runs(columns),
    };

    private static bool HasRepeats(int[]? map) => map is not null && map.Distinct().Count() < map.Length;

    private static int Moved(int[]? map)
    {
        var moved = 0;
        for (var i = 0; i < map?.Length; i++) if (map[i] != i) moved++;
        return moved;
    }

    private static List<MovedRun> Runs(int[]? map)
    {
        var runs = new List<MovedRun>();
        for (var i = 0; i < map?.Length && runs.Count < MostRuns;)
        {
            var first = i++;
            if (map[first] == first) continue;
            while (i < map.Length && map[i] == map[i - 1] + 1) i++;
            runs.Add(new MovedRun(first, map[first], i - first));
        }

        return runs;
    }
}
