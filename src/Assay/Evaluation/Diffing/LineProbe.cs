using Assay.Checkpoints;

namespace Assay.Evaluation.Diffing;

/// <summary>Hashes of a few short pieces of some rows or columns: enough to know a line again wherever it stands, and cheap enough to be taken of every tensor
/// that differs.</summary>
/// <remarks>Each group is one piece at the same place of every line. A line that was edited in one place is known by its other pieces.</remarks>
internal sealed class LineProbe
{
    /// <summary>Pieces of a line.</summary>
    public const int Groups = 6;

    // Elements of a piece, and of what is read together of short rows: 16 KiB as float32.
    private const int Length = 32, BlockElements = 4096;

    private LineProbe(ulong[][] keys) => Keys = keys;

    /// <summary>By group, the hash of each line's piece; 0 where all its values are one, which is evidence of nothing.</summary>
    public ulong[][] Keys { get; }

    /// <summary>Takes the pieces of some rows or columns of a tensor seen as a matrix.</summary>
    /// <param name="tensor">Numeric.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="columns">Whether lines are columns.</param>
    /// <param name="lines">Their indices.</param>
    /// <param name="first">First index of the other axis that belongs to the lines.</param>
    /// <param name="count">How many belong to them.</param>
    public static LineProbe Of(Tensor tensor, int width, bool columns, ReadOnlySpan<int> lines, int first, int count)
    {
        var length = Math.Min(Length, count);
        var groups = count <= 2 * Length ? 1 : Groups;
        if (groups == 1) length = count;
        var keys = new ulong[groups][];
        var starts = new int[groups];
        for (var g = 0; g < groups; g++)
        {
            keys[g] = new ulong[lines.Length];
            starts[g] = first + (groups == 1 ? 0 : (int)((long)g * (count - length) / (groups - 1)));
        }

        if (!columns) OfRows(tensor, lines, width, starts, length, keys);
        else for (var g = 0; g < groups; g++) OfColumns(tensor, lines, width, starts[g], length, keys[g]);
        return new LineProbe(keys);
    }

    /// <summary>Fills <paramref name="keys"/> (groups, lines) with the hashes of the pieces that begin at <paramref name="starts"/> (groups).</summary>
    private static void OfRows(Tensor tensor, ReadOnlySpan<int> lines, int width, int[] starts, int length, ulong[][] keys)
    {
        // One read of several short rows costs what a read of one piece costs; of a long row only the pieces are read.
        var together = width <= BlockElements ? BlockElements / width : 0;
        var rows = together > 0 ? tensor.Count / width : 0;
        // (rows read together, width), or one piece.
        var block = new float[together > 0 ? together * width : length];
        var (from, end) = (0L, 0L);
        for (var i = 0; i < lines.Length; i++)
        {
            if (together > 0 && (lines[i] < from || lines[i] >= end))
            {
                (from, end) = (lines[i], Math.Min(rows, lines[i] + together));
                tensor.Read(from * width, block.AsSpan(0, (int)(end - from) * width));
            }

            for (var g = 0; g < keys.Length; g++)
            {
                if (together == 0) tensor.Read((long)lines[i] * width + starts[g], block);
                var piece = together == 0 ? block : block.AsSpan((int)(lines[i] - from) * width + starts[g], length);
                if (ValueHash.IsConstant(piece)) continue;
                ulong sum = 0;
                for (var k = 0; k < piece.Length; k++) sum += ValueHash.Of(piece[k], ValueHash.Salt(k));
                keys[g][i] = sum | 1;
            }
        }
    }

    private static void OfColumns(Tensor tensor, ReadOnlySpan<int> lines, int width, int start, int length, ulong[] keys)
    {
        if (lines.IsEmpty) return;
        var (least, most) = (int.MaxValue, 0);
        foreach (var line in lines) (least, most) = (Math.Min(least, line), Math.Max(most, line));
        var row = new float[most - least + 1];
        var (first, varies) = (new float[lines.Length], new bool[lines.Length]);
        for (var k = 0; k < length; k++)
        {
            tensor.Read((long)(start + k) * width + least, row);
            for (var i = 0; i < lines.Length; i++)
            {
                var value = row[lines[i] - least];
                if (k == 0) first[i] = value;
                else varies[i] |= value != first[i];
                keys[i] += ValueHash.Of(value, ValueHash.Salt(k));
            }
        }

        for (var i = 0; i < lines.Length; i++) keys[i] = varies[i] ? keys[i] | 1 : 0;
    }
}
