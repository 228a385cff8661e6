using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Sums over the elements of a pair, and what rounding to the candidate's type would leave behind by itself. Exact: every element is read.</summary>
/// <remarks>Noise: rounding to nearest leaves an error spread evenly over one ulp, so of variance ulp²/12 (Widrow and Kollár, Quantization Noise, 2008, §1).
/// It is counted where something changed: a stretch of a row that is untouched was not rounded. Sums are of eight lanes, in the order of columns and rows.</remarks>
internal sealed record ElementStatistics
{
    private const int Stretch = 4096;
    private const int MostBlocks = 64;
    private const long MostColumnBytes = 64 << 20;

    /// <summary>Elements that differ.</summary>
    public long Changed { get; private set; }

    /// <summary>Elements that differ and are 0 in the candidate.</summary>
    public long Zeroed { get; private set; }

    /// <summary>Elements that are NaN or infinite in the candidate and finite in the base.</summary>
    public long NonFinite { get; private set; }

    /// <summary>Rows in which something differs.</summary>
    public int ChangedRows { get; private set; }

    /// <summary>The first of those rows.</summary>
    public IReadOnlyList<int> FirstRows { get; private set; } = [];

    /// <summary>Σ (b − a)².</summary>
    public double Difference { get; private set; }

    /// <summary>Σ a², of the base.</summary>
    public double Base { get; private set; }

    /// <summary>Σ b², of the candidate.</summary>
    public double Candidate { get; private set; }

    /// <summary>Σ ab.</summary>
    public double Product { get; private set; }

    /// <summary>Largest |b − a|.</summary>
    public double LargestDifference { get; private set; }

    /// <summary>Largest |a|.</summary>
    public double LargestBase { get; private set; }

    /// <summary>Smallest and largest a.</summary>
    public (double Least, double Most) Range { get; private set; } = (double.PositiveInfinity, double.NegativeInfinity);

    /// <summary>Expected Σ of squared rounding errors.</summary>
    public double Noise { get; private set; }

    /// <summary>Σ a² ulp²/12, for the spread of a fitted factor.</summary>
    public double WeightedNoise { get; private set; }

    /// <summary>Largest expected sum of squared rounding errors of a row.</summary>
    public double RowNoise { get; private set; }

    /// <summary>Largest expected sum of squared rounding errors of a column.</summary>
    public double ColumnNoise { get; private set; }

    /// <summary>The largest singular value that a matrix of such rounding errors has: √(largest row's variance) + √(largest column's).</summary>
    /// <remarks>The leading terms of Bandeira and van Handel 2016 (arXiv 1408.6185), theorem 1.1 and §3.1 for rectangular matrices; for equal variances s² it is the
    /// edge s(√m + √n) of Marchenko and Pastur.</remarks>
    public double NoiseEdge => Math.Sqrt(RowNoise) + Math.Sqrt(ColumnNoise);

    /// <summary>Reads both matrices once.</summary>
    public static ElementStatistics Of(MatrixPair pair, WorkTeam team, CancellationToken cancellation)
    {
        var blocks = (int)Math.Clamp(Math.Min(MostColumnBytes / (8L * pair.Columns), (pair.Rows + 15) / 16), 1, MostBlocks);
        var size = (pair.Rows + blocks - 1) / blocks;
        blocks = (pair.Rows + size - 1) / size;
        var parts = new ElementStatistics[blocks];
        var noise = new double[blocks][];
        team.Run(blocks, (task, _) =>
        {
            noise[task] = new double[pair.Rows == 1 ? 0 : pair.Columns];
            parts[task] = Block(pair, task * size, Math.Min(size, pair.Rows - task * size), noise[task], cancellation);
        });

        var all = new ElementStatistics();
        var rows = new List<int>();
        foreach (var part in parts)
        {
            all.Changed += part.Changed;
            all.Zeroed += part.Zeroed;
            all.NonFinite += part.NonFinite;
            all.ChangedRows += part.ChangedRows;
            rows.AddRange(part.FirstRows.Take(MostRowsKept - rows.Count));
            all.Difference += part.Difference;
            all.Base += part.Base;
            all.Candidate += part.Candidate;
            all.Product += part.Product;
            all.LargestDifference = Math.Max(all.LargestDifference, part.LargestDifference);
            all.LargestBase = Math.Max(all.LargestBase, part.LargestBase);
            all.Range = (Math.Min(all.Range.Least, part.Range.Least), Math.Max(all.Range.Most, part.Range.Most));
            all.Noise += part.Noise;
            all.WeightedNoise += part.WeightedNoise;
            all.RowNoise = Math.Max(all.RowNoise, part.RowNoise);
        }

        all.FirstRows = rows;
        for (var c = 0; c < noise[0].Length; c++)
        {
            double column = 0;
            foreach (var block in noise) column += block[c];
            all.ColumnNoise = Math.Max(all.ColumnNoise, column);
        }

        return all;
    }

    private const int MostRowsKept = 16;

    private static ElementStatistics Block(MatrixPair pair, int from, int count, double[] columnNoise, CancellationToken cancellation)
    {
        var part = new ElementStatistics();
        var rows = new List<int>();
        var (a, b, v) = (new double[Stretch], new double[Stretch], new double[Stretch]);
        for (var row = from; row < from + count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = part.Changed;
            double noise = 0;
            for (var at = 0; at < pair.Columns; at += Stretch)
            {
                var length = Math.Min(Stretch, pair.Columns - at);
                pair.ReadBase(row, at, a.AsSpan(0, length));
                pair.ReadCandidate(row, at, b.AsSpan(0, length));
                // Zeros beyond the end add nothing to any sum.
                var padded = (length + 7) / 8 * 8;
                a.AsSpan(length, padded - length).Clear();
                b.AsSpan(length, padded - length).Clear();
                if (!part.Add(a.AsSpan(0, padded), b.AsSpan(0, padded), length)) continue;
                noise += part.AddNoise(pair.Grid, a.AsSpan(0, padded), b.AsSpan(0, padded), v);
                if (columnNoise.Length > 0) for (var c = 0; c < length; c++) columnNoise[at + c] += v[c];
            }

            part.Noise += noise;
            part.RowNoise = Math.Max(part.RowNoise, noise);
            if (part.Changed == before) continue;
            part.ChangedRows++;
            if (rows.Count < MostRowsKept) rows.Add(row);
        }

        part.FirstRows = rows;
        return part;
    }

    /// <summary>Adds a stretch; whether anything in it differs.</summary>
    private bool Add(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int length)
    {
        Vector512<double> d2 = default, a2 = default, b2 = default, ab = default, most = default;
        var (least, largest) = (Vector512.Create(double.PositiveInfinity), Vector512.Create(double.NegativeInfinity));
        for (var i = 0; i < a.Length; i += 8)
        {
            Vector512<double> x = Vector512.Create(a.Slice(i, 8)), y = Vector512.Create(b.Slice(i, 8));
            var d = y - x;
            d2 = Vector512.FusedMultiplyAdd(d, d, d2);
            a2 = Vector512.FusedMultiplyAdd(x, x, a2);
            b2 = Vector512.FusedMultiplyAdd(y, y, b2);
            ab = Vector512.FusedMultiplyAdd(x, y, ab);
            most = Vector512.Max(most, Vector512.Abs(d));
            least = Vector512.Min(least, x);
            largest = Vector512.Max(largest, x);
        }

        var difference = Lanes(d2);
        Difference += difference;
        Base += Lanes(a2);
        Candidate += Lanes(b2);
        Product += Lanes(ab);
        // The padding's zeros widen the range by nothing that a scale of quantisation would notice, for those hold 0 too.
        for (var lane = 0; lane < 8; lane++)
        {
            LargestDifference = Math.Max(LargestDifference, most[lane]);
            Range = (Math.Min(Range.Least, least[lane]), Math.Max(Range.Most, largest[lane]));
        }

        LargestBase = Math.Max(Math.Abs(Range.Least), Math.Abs(Range.Most));
        if (difference == 0) return false;
        for (var i = 0; i < length; i++)
        {
            if (a[i].Equals(b[i]) || a[i] == b[i]) continue;
            Changed++;
            if (b[i] == 0) Zeroed++;
            if (!double.IsFinite(b[i]) && double.IsFinite(a[i])) NonFinite++;
        }

        return true;
    }

    private double AddNoise(FloatFormat grid, ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> variance)
    {
        var exponent = Vector512.Create(0x7ff0000000000000L);
        var (least, ulp) = (Vector512.Create(Math.ScaleB(1, grid.LeastExponent)), Vector512.Create(Math.ScaleB(1, 1 - grid.Precision)));
        Vector512<double> sum = default, weighted = default;
        for (var i = 0; i < b.Length; i += 8)
        {
            var power = (Vector512.Create(b.Slice(i, 8)).AsInt64() & exponent).AsDouble();
            var step = Vector512.Max(power, least) * ulp;
            var v = step * step * (1.0 / 12);
            v.CopyTo(variance.Slice(i, 8));
            sum += v;
            var x = Vector512.Create(a.Slice(i, 8));
            weighted = Vector512.FusedMultiplyAdd(x * x, v, weighted);
        }

        WeightedNoise += Lanes(weighted);
        return Lanes(sum);
    }

    private static double Lanes(Vector512<double> v)
    {
        double sum = 0;
        for (var lane = 0; lane < 8; lane++) sum += v[lane];
        return sum;
    }
}
