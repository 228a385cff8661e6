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

    /// <summary>What was moved, in a word: <c>rows</c>, <c>columns</c>, <c>rows and columns</c>, <c>neurons</c>, <c>heads</c>, <c>experts</c>.</summary>
    public required string What { get; init; }

    /// <summary>The order, where it is a known one: <c>GGUF</c> for heads whose halves are interleaved, <c>from GGUF</c> for the way back, <c>exchanged</c> for two that changed places, <c>reversed</c>.</summary>
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

    /// <summary>A rearrangement with its runs.</summary>
    internal static Rearrangement Of(string what, int[]? rows, int[]? columns, string? pattern = null) => new()
    {
        What = what, Pattern = pattern, Rows = rows, Columns = columns,
        MovedRows = Moved(rows), MovedColumns = Moved(columns), RowRuns = Runs(rows), ColumnRuns = Runs(columns),
    };

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
