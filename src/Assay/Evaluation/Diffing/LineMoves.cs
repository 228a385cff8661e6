using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Rows or columns of one matrix that stand in the base's at other indices: found by pieces, then compared value for value.</summary>
internal static class LineMoves
{
    // Fewer moved lines among many changed ones are chance, or not what happened.
    private const double LeastShare = 1.0 / 8;

    // A moved line that was edited, too, has most of its values still.
    private const double LeastEqual = .5;

    private const int LeastLength = 8;

    // Twice the largest vocabulary there is: what is kept of each line is a hundred bytes.
    private const int MostLines = 1 << 19;

    /// <summary>Null where nothing moved.</summary>
    public static Rearrangement? Find(MatrixPair pair, ElementStatistics sums, WorkTeam team, CancellationToken cancellation)
    {
        if (pair.Rows < 2 || pair.Columns < 2 || pair.IsSlice) return null;
        if (Lines(pair, columns: false, team, cancellation) is { } rows && Moved(rows) >= LeastShare * sums.ChangedRows) return Rearrangement.Of("rows", rows,
            null, Pattern(rows));
        if (Lines(pair, columns: true, team, cancellation) is not { } columns) return null;
        var found = Rearrangement.Of("columns", null, columns, Pattern(columns));
        // Exchanged columns change every row and are few: they are told where nothing else differs.
        return found.MovedColumns >= LeastShare * pair.Columns || ElementStatistics.Of(pair.With(found), team, cancellation).Changed == 0 ? found : null;
    }

    private static int[]? Lines(MatrixPair pair, bool columns, WorkTeam team, CancellationToken cancellation)
    {
        var (count, other) = columns ? (pair.Columns, pair.Rows) : (pair.Rows, pair.Columns);
        // A line of few values is found everywhere.
        if (other < LeastLength || count > MostLines) return null;
        var lines = Enumerable.Range(0, count).ToArray();
        var votes = new UnitVotes(count);
        votes.Add(pair.ProbeBase(columns, lines, 0, other), pair.ProbeCandidate(columns, lines, 0, other));
        if (!votes.AnyElsewhere) return null;
        var sources = votes.Sources();
        for (var i = 0; i < count; i++) if (sources[i] < 0) sources[i] = i;
        Check(pair, columns, sources, team, cancellation);
        if (Moved(sources) == 0) return null;
        // Where most lines have another place, those that were changed have one of the places left over.
        if (2 * Moved(sources) > count && votes.Order() is { } order) return order;
        return sources;
    }

    /// <summary>Takes back what does not hold when all values are read.</summary>
    private static void Check(MatrixPair pair, bool columns, int[] sources, WorkTeam team, CancellationToken cancellation)
    {
        var mapped = pair.With(columns ? Rearrangement.Of("", null, sources) : Rearrangement.Of("", sources, null));
        var equal = mapped.EqualValues(columns, team, cancellation);
        var length = columns ? pair.Rows : pair.Columns;
        for (var i = 0; i < sources.Length; i++)
            if (sources[i] != i && equal[i] < LeastEqual * length) sources[i] = i;
    }

    private static int Moved(int[] map)
    {
        var moved = 0;
        for (var i = 0; i < map.Length; i++) if (map[i] != i) moved++;
        return moved;
    }

    /// <summary>An order that has a name.</summary>
    internal static string? Pattern(int[] map)
    {
        var n = map.Length;
        var moved = new List<int>();
        for (var i = 0; i < n && moved.Count <= 2; i++) if (map[i] != i) moved.Add(i);
        if (moved.Count == 2 && map[moved[0]] == moved[1] && map[moved[1]] == moved[0]) return "exchanged";
        if (n > 2 && map.AsSpan().IndexOfAnyExcept(map[0]) < 0) return "one";
        if (n > 2 && Enumerable.Range(0, n).All(i => map[i] == n - 1 - i)) return "reversed";
        // llama.cpp's conversion of Llama's query and key: (heads, 2, size / 2) to (heads, size / 2, 2). Of a head of 4 the two ways are one.
        for (var size = 4; size <= Math.Min(n, 1024); size += 2)
        {
            if (n % size != 0) continue;
            var half = size / 2;
            if (Enumerable.Range(0, n).All(r => map[r] == r / size * size + r % size % 2 * half + r % size / 2)) return "GGUF";
            if (Enumerable.Range(0, n).All(r => map[r] == r / size * size + r % size % half * 2 + r % size / half)) return "from GGUF";
        }

        return null;
    }
}
