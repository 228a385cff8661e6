namespace Assay.Evaluation.Diffing;

/// <summary>Where the rows and columns of one stored tensor come from, filled in by the groups that it belongs to.</summary>
internal sealed class OrderPlan(string source, int rows, int columns, string what)
{
    private Rearrangement? _order;

    /// <summary>Name of the base's tensor.</summary>
    public string Source => source;

    public int RowCount => rows;

    public int ColumnCount => columns;

    /// <summary>By row of the candidate, the base's.</summary>
    public int[] Rows { get; } = [.. Enumerable.Range(0, rows)];

    /// <summary>By column of the candidate, the base's.</summary>
    public int[] Columns { get; } = [.. Enumerable.Range(0, columns)];

    public bool IsInPlace => !Moves(Rows) && !Moves(Columns);

    /// <summary>Asked for when all groups have filled it.</summary>
    public Rearrangement Order => _order ??= Rearrangement.Of(what, Moves(Rows) ? Rows : null, Moves(Columns) ? Columns : null);

    /// <summary>Puts units of several lines in an order.</summary>
    /// <param name="lines"><see cref="Rows"/> or <see cref="Columns"/>.</param>
    /// <param name="to">Where the candidate's lines of these units stand.</param>
    /// <param name="from">Where the base's stand.</param>
    /// <param name="order">By unit of the candidate, the base's.</param>
    /// <param name="size">Lines of a unit.</param>
    public static void Set(int[] lines, int[] to, int[] from, int[] order, int size)
    {
        for (var u = 0; u < order.Length; u++)
            for (var k = 0; k < size; k++) lines[to[u * size + k]] = from[order[u] * size + k];
    }

    private static bool Moves(int[] map)
    {
        for (var i = 0; i < map.Length; i++) if (map[i] != i) return true;
        return false;
    }
}
