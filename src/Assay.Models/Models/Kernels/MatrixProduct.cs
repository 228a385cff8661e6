namespace Assay.Models.Kernels;

/// <summary>Y (rows, outputs) = X (rows, inputs) · Wᵀ + b in float32.</summary>
/// <remarks>An element is the sum, in order, over blocks of 512 inputs of chains of fused multiply-adds from zero, and then the bias:
/// the same bits whatever the number of rows, the row's place, the threads or the vector width (engine.md, Numerics). Weights that are not
/// packed already are packed a group of panels at a time into the thread's scratch, so memory does not grow with the model.</remarks>
internal static unsafe class MatrixProduct
{
    /// <summary>Inputs of one chain.</summary>
    public const int Block = 512;

    private const int MostPanels = 16; // 512 columns share one copy of the rows.
    private const int TasksPerThread = 8; // So many at least, for the last one to end with the others.
    private const int FewestPackedRows = 128; // Packing on the way is done once a cut of the rows, which so many pay for.

    /// <summary>Floats of a thread's scratch.</summary>
    public const long ScratchFloats = (long)MostPanels * Block * ProductTiles.Columns + (ProductTiles.MostRows * ProductTiles.RowStride) + (ProductTiles.MostRows * ProductTiles.Columns);

    /// <summary>Computes one product.</summary>
    public static void Multiply(WorkTeam team, ProductJob job) => Multiply(team, [job], ProductTiles.Best);

    /// <summary>Computes several products that do not depend on each other, their tasks shared out together.</summary>
    public static void Multiply(WorkTeam team, ProductJob[] jobs) => Multiply(team, jobs, ProductTiles.Best);

    /// <summary>The same with the tile width chosen by the caller (tests).</summary>
    internal static void Multiply(WorkTeam team, ProductJob[] jobs, VectorWidth width)
    {
        var grids = new Grid[jobs.Length];
        var tasks = 0;
        for (var i = 0; i < jobs.Length; i++)
        {
            grids[i] = Grid.Of(jobs[i], team.Threads, jobs.Length, tasks);
            tasks += grids[i].Tasks;
        }

        team.Run(tasks, (task, worker) =>
        {
            var i = Find(grids, task);
            var grid = grids[i];
            var scratch = team.Scratch(worker, ScratchFloats);
            // Neighbouring tasks share panels rather than rows: the panels are the larger part.
            var (group, cut) = Math.DivRem(task - grid.FirstTask, grid.Cuts);
            Part(jobs[i], scratch, cut * grid.Cut, Math.Min(jobs[i].Rows, (cut + 1) * grid.Cut), group * grid.Together, Math.Min(jobs[i].Weights.Panels, (group + 1) * grid.Together), width);
        });
    }

    /// <summary>Computes rows … of panels … on the calling thread.</summary>
    /// <param name="job">What to compute.</param>
    /// <param name="scratch">As <see cref="ScratchFloats"/> says.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="endRow">Row after the last.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="endPanel">Panel after the last; at most 16 more than the first.</param>
    /// <param name="width">Tiles.</param>
    public static void Part(in ProductJob job, float* scratch, int firstRow, int endRow, int firstPanel, int endPanel, VectorWidth width)
    {
        var weights = job.Weights;
        var (type, step, inputs) = (weights.Type, weights.Step, weights.Inputs);
        var x = (float*)job.X;
        var y = (float*)job.Y;
        var whole = (byte*)job.Panels;
        var tile = scratch; // (14, 528): rows of x.
        var edge = tile + ProductTiles.MostRows * ProductTiles.RowStride; // (14, 32): results of a panel that is not full.
        var packed = (byte*)(edge + ProductTiles.MostRows * ProductTiles.Columns); // (panels, 512, 32).
        for (var k = 0; k < inputs || k == 0; k += Block)
        {
            var depth = Math.Min(Block, inputs - k);
            // Panel p's block stands at panels + (p − first) · size.
            var panels = whole is null ? packed : whole + ((long)firstPanel * inputs + k) * step;
            var size = (whole is null ? (long)Block : inputs) * step;
            if (whole is null)
                for (var p = firstPanel; p < endPanel; p++) weights.Pack(p * ProductTiles.Columns, k, depth, packed + (p - firstPanel) * size);
            for (var row = firstRow; row < endRow; row += ProductTiles.MostRows)
            {
                var height = Math.Min(ProductTiles.MostRows, endRow - row);
                for (var r = 0; r < height; r++) Buffer.MemoryCopy(x + (row + r) * job.XStride + k, tile + r * ProductTiles.RowStride, depth * sizeof(float), depth * sizeof(float));
                for (var p = firstPanel; p < endPanel; p++)
                {
                    var n = p * ProductTiles.Columns;
                    var to = y + row * job.YStride + n;
                    var panel = panels + (p - firstPanel) * size;
                    if (n + ProductTiles.Columns <= weights.Outputs) ProductTiles.Compute(width, tile, height, type, panel, depth, to, job.YStride, k > 0);
                    else Edge(width, tile, height, type, panel, depth, to, job.YStride, k > 0, edge, weights.Outputs - n);
                }
            }
        }

        if (job.Bias == 0) return;
        var (start, end) = (firstPanel * ProductTiles.Columns, Math.Min(endPanel * ProductTiles.Columns, weights.Outputs));
        for (var row = firstRow; row < endRow; row++)
            for (var n = start; n < end; n++)
                y[row * job.YStride + n] += ((float*)job.Bias)[n];
    }

    /// <summary>The last panel of a matrix whose outputs are no multiple of 32.</summary>
    private static void Edge(VectorWidth width, float* tile, int height, PanelType type, byte* panel, int depth, float* to, long stride, bool add, float* edge, int columns)
    {
        ProductTiles.Compute(width, tile, height, type, panel, depth, edge, ProductTiles.Columns, false);
        for (var r = 0; r < height; r++)
        {
            for (var j = 0; j < columns; j++)
            {
                var value = edge[r * ProductTiles.Columns + j];
                to[r * stride + j] = add ? to[r * stride + j] + value : value;
            }
        }
    }

    private static int Find(Grid[] grids, int task)
    {
        var (low, high) = (0, grids.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (grids[middle].FirstTask <= task) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>How one product is cut into tasks: groups of panels × cuts of the rows.</summary>
    private readonly record struct Grid(int FirstTask, int Tasks, int Together, int Cut, int Cuts)
    {
        public static Grid Of(in ProductJob job, int threads, int jobs, int firstTask)
        {
            if (job.Rows == 0 || job.Weights.Outputs == 0) return new Grid(firstTask, 0, 1, 1, 1);
            var panels = job.Weights.Panels;
            var wanted = (TasksPerThread * threads + jobs - 1) / jobs;
            var most = job.Panels == 0 ? FewestPackedRows : 2 * ProductTiles.MostRows;
            // By panels where the rows cannot be cut finely enough.
            var cuttable = Math.Max(1, job.Rows / most);
            var together = Math.Clamp(panels * cuttable / wanted, 1, MostPanels);
            var groups = (panels + together - 1) / together;
            together = (panels + groups - 1) / groups;
            var cuts = Math.Clamp((wanted + groups - 1) / groups, 1, cuttable);
            var tiles = (job.Rows + ProductTiles.MostRows - 1) / ProductTiles.MostRows;
            var cut = (tiles + cuts - 1) / cuts * ProductTiles.MostRows;
            cuts = (job.Rows + cut - 1) / cut;
            return new Grid(firstTask, groups * cuts, together, cut, cuts);
        }
    }
}
