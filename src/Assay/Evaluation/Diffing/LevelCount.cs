using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Recognises quantisation by how few values are left, whatever chose them: calibrated scales, error feedback, code books.</summary>
/// <remarks>A group of at least four times as many elements as levels that holds no more distinct values than levels, where the base holds more, was quantised.</remarks>
internal static class LevelCount
{
    private static readonly int[] Groups = [int.MaxValue, 256, 128, 64, 32];

    /// <summary>The format with the largest group; null where values are not few.</summary>
    public static QuantisationFormat? Find(MatrixPair pair, LineTest.Sample rows, WorkTeam team, CancellationToken cancellation)
    {
        foreach (var group in Groups)
        {
            var size = Math.Min(group, pair.Columns);
            if (group != int.MaxValue && size == pair.Columns) continue;
            var (levels, had) = (0, int.MaxValue);
            for (var i = 0; i < rows.Original.Length; i++)
            {
                levels = Math.Max(levels, Most(rows.Changed[i], size));
                had = Math.Min(had, Most(rows.Original[i], size));
            }

            if (levels < 2 || levels > 256 || 4 * levels > size || 2 * levels > had) continue;
            var bits = (int)Math.Ceiling(Math.Log2(levels));
            if (Holds(pair, size, 1 << bits, team, cancellation)) return new QuantisationFormat(bits, "unknown", group == int.MaxValue ? "row" : $"group of {group}");
        }

        return null;
    }

    private static bool Holds(MatrixPair pair, int size, int levels, WorkTeam team, CancellationToken cancellation)
    {
        var failed = 0;
        team.Run(pair.Rows, (row, _) =>
        {
            if (Volatile.Read(ref failed) > 0) return;
            cancellation.ThrowIfCancellationRequested();
            var line = new double[pair.Columns];
            pair.ReadCandidate(row, 0, line);
            if (Most(line, size) > levels) Interlocked.Increment(ref failed);
        });
        return failed == 0;
    }

    /// <summary>Most distinct values of any whole group.</summary>
    private static int Most(double[] line, int size)
    {
        var most = 0;
        var values = new HashSet<double>();
        for (var at = 0; at + size <= line.Length; at += size)
        {
            values.Clear();
            for (var i = at; i < at + size && values.Count <= 1024; i++) values.Add(line[i]);
            most = Math.Max(most, values.Count);
        }

        return most;
    }
}
