using System.Runtime.CompilerServices;

namespace Assay.Models.Kernels;

/// <summary>Heads whose logits are used up as they come: tile by tile of the vocabulary, in the thread's scratch.</summary>
/// <remarks>What a single model's row needs is summed tile by tile and nothing else is kept. Two models' rows are kept side by side for a strip of rows at a time:
/// the Jensen–Shannon divergence needs both normalisers before its first term, so one pass over tiles cannot give it. A strip ends with its thread's task;
/// nothing grows with the batch, and nothing is handed on but the sums. A row's result depends on no other row.</remarks>
internal static unsafe class FusedHead
{
    private const int TilePanels = 16;
    private const int TileColumns = TilePanels * ProductTiles.Columns;
    private const int MostRows = 6 * ProductTiles.MostRows;

    /// <summary>Sees both models' logits of a row: base (width,), candidate (width,), scratch of two doubles an entry.</summary>
    public delegate void RowVisitor(int row, float* p, float* q, double* scratch);

    /// <summary>Natural log-probabilities of given entries, one a row; entries beyond <paramref name="valid"/> are left out of the softmax.</summary>
    /// <param name="team">Threads.</param>
    /// <param name="side">Head and rows.</param>
    /// <param name="valid">Entries of the vocabulary that count.</param>
    /// <param name="targets">(rows,).</param>
    /// <param name="result">(rows,), filled.</param>
    public static void LogProbabilities(WorkTeam team, HeadSide side, int valid, int[] targets, double[] result)
    {
        var rows = side.Product.Rows;
        var strip = Strip(team, rows, MostRows);
        var own = MatrixProduct.ScratchFloats(side.Product.Weights.Inputs);
        team.Run((rows + strip - 1) / strip, (task, worker) =>
        {
            var (first, end) = (task * strip, Math.Min(rows, (task + 1) * strip));
            var scratch = team.Scratch(worker, own + (long)strip * TileColumns);
            var tile = scratch + own;
            Span<RowSum> sums = stackalloc RowSum[strip];
            sums.Fill(RowSum.Empty);
            for (var column = 0; column < valid; column += TileColumns)
            {
                var columns = Math.Min(TileColumns, valid - column);
                Logits(side, scratch, first, end, column, tile, TileColumns);
                for (var row = first; row < end; row++)
                {
                    var z = tile + (row - first) * TileColumns;
                    sums[row - first].Add(z, columns);
                    if ((uint)(targets[row] - column) < (uint)columns) result[row] = z[targets[row] - column];
                }
            }

            for (var row = first; row < end; row++) result[row] -= sums[row - first].LogSumExp;
        });
    }

    /// <summary>Shows both models' logits of every row to a visitor, on the threads of the team.</summary>
    /// <param name="team">Threads.</param>
    /// <param name="p">The base.</param>
    /// <param name="q">The candidate; as many rows.</param>
    /// <param name="memoryBytes">What the strips of all threads may take; one tile's rows at least are taken.</param>
    /// <param name="visit">Called once a row.</param>
    public static void Pairs(WorkTeam team, HeadSide p, HeadSide q, long memoryBytes, RowVisitor visit)
    {
        var rows = p.Product.Rows;
        var (widthP, widthQ) = (Whole(p.Width), Whole(q.Width));
        var affordable = memoryBytes / team.Threads / ((widthP + widthQ) * sizeof(float)) / ProductTiles.MostRows * ProductTiles.MostRows;
        var strip = Strip(team, rows, (int)Math.Clamp(affordable, ProductTiles.MostRows, MostRows));
        team.Run((rows + strip - 1) / strip, (task, worker) =>
        {
            var (first, end) = (task * strip, Math.Min(rows, (task + 1) * strip));
            var own = MatrixProduct.ScratchFloats(Math.Max(p.Product.Weights.Inputs, q.Product.Weights.Inputs));
            var exponentials = Math.Max(widthP, widthQ) * 4; // Two doubles an entry.
            var scratch = team.Scratch(worker, own + exponentials + strip * (widthP + widthQ));
            var ours = scratch + own + exponentials;
            var theirs = ours + strip * widthP;
            for (var column = 0; column < Math.Max(p.Width, q.Width); column += TileColumns)
            {
                // Tile by tile for both, so that a matrix that both share is read once.
                if (column < p.Width) Logits(p, scratch, first, end, column, ours + column, widthP);
                if (column < q.Width) Logits(q, scratch, first, end, column, theirs + column, widthQ);
            }

            for (var row = first; row < end; row++) visit(row, ours + (row - first) * widthP, theirs + (row - first) * widthQ, (double*)(scratch + own));
        });
    }

    /// <summary>Rows of a task: whole tiles, and two tasks a thread at least where there are rows enough.</summary>
    private static int Strip(WorkTeam team, int rows, int most)
    {
        var tiles = (rows + ProductTiles.MostRows - 1) / ProductTiles.MostRows;
        return Math.Clamp((tiles + 2 * team.Threads - 1) / (2 * team.Threads) * ProductTiles.MostRows, ProductTiles.MostRows, most);
    }

    private static long Whole(int width) => (width + ProductTiles.Columns - 1L) / ProductTiles.Columns * ProductTiles.Columns;

    /// <summary>Logits of rows first … end − 1 in one tile of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Logits(HeadSide side, float* scratch, int first, int end, int column, float* to, long stride)
    {
        // The product writes to its own rows and columns: they are moved to where the tile stands.
        var job = side.Product with { Y = (nint)(to - first * stride - column), YStride = stride };
        var panel = column / ProductTiles.Columns;
        MatrixProduct.Part(job, scratch, first, end, panel, Math.Min(job.Weights.Panels, panel + TilePanels), ProductTiles.Best);
        var columns = Math.Min(TileColumns, side.Width - column);
        for (var row = 0; row < end - first; row++) Activations.Logits(to + row * stride, columns, side.Scale, side.Softcap);
    }

    /// <summary>Running log-sum-exp of a row: exponentials in float32 above the largest logit so far, sums in float64.</summary>
    private struct RowSum
    {
        private float _most;
        private double _sum;

        public static RowSum Empty => new() { _most = float.NegativeInfinity };

        public readonly double LogSumExp => _most + VectorMath.Log(_sum);

        public void Add(float* z, int count)
        {
            var most = LogitRow.Largest(z, count);
            if (!(most <= _most))
            {
                _sum *= float.IsNegativeInfinity(_most) ? 0 : VectorMath.Exp((double)_most - most);
                _most = most;
            }

            if (!float.IsNegativeInfinity(_most)) _sum += LogitRow.SumOfExponentials(z, count, _most);
        }
    }
}
