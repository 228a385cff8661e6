using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Recognises quantisation by the levels that are left, whatever chose them: calibrated scales, error feedback, code books, scales of scales.</summary>
/// <remarks>Few: a group of at least twice as many elements as levels holds no more distinct values than levels, where the base holds twice as many or more.
/// Even: where the candidate keeps 24 bits, the values of a group are a least one plus whole multiples of one step, up to 255 of them; of values that are not
/// on such a grid each is near it by chance once in a thousand.</remarks>
internal static class LevelCount
{
    private const int MostSteps = 255;
    private const int MostDivisors = 8;
    private const double NearStep = 5e-4;
    private static readonly int[] Groups = [int.MaxValue, 256, 128, 64, 32, 16];

    /// <summary>The format of fewest bits, then of the largest group; null where levels are neither few nor even.</summary>
    public static QuantisationFormat? Find(MatrixPair pair, LineTest.Sample rows, WorkTeam team, CancellationToken cancellation)
    {
        var found = Candidates(pair, rows, Distinct, "unknown");
        if (pair.Grid.Precision >= 24) found = found.Concat(Candidates(pair, rows, Even, "even"));
        foreach (var (format, size, count) in found.OrderBy(f => f.Format.Bits).ThenByDescending(f => f.Size))
            if (Holds(pair, size, 1 << format.Bits, count, team, cancellation)) return format;
        return null;
    }

    private static IEnumerable<(QuantisationFormat Format, int Size, Func<double[], int> Count)> Candidates(MatrixPair pair, LineTest.Sample rows, Func<double[], int> count, string levels)
    {
        foreach (var group in Groups)
        {
            var size = Math.Min(group, pair.Columns);
            if (group != int.MaxValue && size == pair.Columns) continue;
            var (most, had) = (0, int.MaxValue);
            for (var i = 0; i < rows.Original.Length; i++)
            {
                most = Math.Max(most, Most(rows.Changed[i], size, count));
                had = Math.Min(had, Most(rows.Original[i], size, count));
            }

            if (most < 2 || most > MostSteps + 1 || (levels == "unknown" && 2 * most > size) || 2 * (long)most > had) continue;
            yield return (new QuantisationFormat((int)Math.Ceiling(Math.Log2(most)), levels, group == int.MaxValue ? "row" : $"group of {group}"), size, count);
        }
    }

    private static bool Holds(MatrixPair pair, int size, int levels, Func<double[], int> count, WorkTeam team, CancellationToken cancellation)
    {
        var failed = 0;
        team.Run(pair.Rows, (row, _) =>
        {
            if (Volatile.Read(ref failed) > 0) return;
            cancellation.ThrowIfCancellationRequested();
            var line = new double[pair.Columns];
            pair.ReadCandidate(row, 0, line);
            if (Most(line, size, count) > levels) Interlocked.Increment(ref failed);
        });
        return failed == 0;
    }

    /// <summary>Most levels of any whole group of a line.</summary>
    private static int Most(double[] line, int size, Func<double[], int> count)
    {
        var (most, group) = (0, new double[size]);
        for (var at = 0; at + size <= line.Length && most < int.MaxValue; at += size)
        {
            line.AsSpan(at, size).CopyTo(group);
            Array.Sort(group);
            most = Math.Max(most, count(group));
        }

        return most;
    }

    private static int Distinct(double[] sorted)
    {
        var count = 1;
        for (var i = 1; i < sorted.Length; i++)
            if (sorted[i] != sorted[i - 1]) count++;
        return count;
    }

    /// <summary>Levels of the coarsest even grid that holds all values; <see cref="int.MaxValue"/> where there is none of few enough steps.</summary>
    private static int Even(double[] sorted)
    {
        var range = sorted[^1] - sorted[0];
        if (!(range > 0)) return 1;
        // Values of one level may differ by the last bit of a float32 product.
        var gap = range;
        for (var i = 1; i < sorted.Length; i++)
            if (sorted[i] - sorted[i - 1] is var g && g > range / (2 * MostSteps * MostDivisors) && g < gap) gap = g;
        for (var divisor = 1; divisor <= MostDivisors; divisor++)
        {
            var step = gap / divisor;
            if (range > (MostSteps + .5) * step) break;
            // The step is known to the rounding of one gap: fitted to the range, it is known as well as that.
            step = range / Math.Round(range / step);
            var near = true;
            foreach (var value in sorted) near &= Math.Abs((value - sorted[0]) / step - Math.Round((value - sorted[0]) / step)) < NearStep;
            if (near) return (int)Math.Round(range / step) + 1;
        }

        return int.MaxValue;
    }
}
