using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

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
    private const int TasksPerThread = 16; // So many at least, for the last one to end with the others.
    private const int FewestPackedRows = 128; // Packing on the way is done once a cut of the rows, which so many pay for.
    private const int WideningPays = 28; // Rows from which halves are widened once rather than in every tile.
    private const int Tile = ProductTiles.MostRows * ProductTiles.RowStride;
    private const int PanelFloats = Block * ProductTiles.Columns;

    /// <summary>Floats of a thread's scratch for products of so many inputs.</summary>
    public static long ScratchFloats(int inputs) =>
        (ProductTiles.MostRows * ProductTiles.Columns) + (MostPanels + MostPanels / 2) * (long)PanelFloats + Math.Max(1, (inputs + Block - 1) / Block) * (long)Tile;

    /// <summary>Computes one product.</summary>
    public static void Multiply(WorkTeam team, ProductJob job) => Multiply(team, [job], ProductTiles.Best);

    /// <summary>Computes several products that do not depend on each other, their tasks shared out together.</summary>
    public static void Multiply(WorkTeam team, ProductJob[] jobs) => Multiply(team, jobs, ProductTiles.Best);

    /// <summary>Computes gate and up of an MLP, and act(gate) ⊙ up in gate's place while the results are at hand.</summary>
    /// <param name="team">Threads.</param>
    /// <param name="gates">Products whose results are activated.</param>
    /// <param name="ups">As many, of the same shapes; one without a y where there is no gate.</param>
    /// <param name="activation">Between them.</param>
    public static void MultiplyGated(WorkTeam team, ProductJob[] gates, ProductJob[] ups, Activation activation) => Run(team, gates, (job, scratch, rows, panels) =>
    {
        var (gate, up) = (gates[job], ups[job]);
        Part(gate, scratch, rows.Start.Value, rows.End.Value, panels.Start.Value, panels.End.Value, ProductTiles.Best);
        if (up.Y != 0) Part(up, scratch, rows.Start.Value, rows.End.Value, panels.Start.Value, panels.End.Value, ProductTiles.Best);
        var column = panels.Start.Value * ProductTiles.Columns;
        var columns = Math.Min(gate.Weights.Outputs, panels.End.Value * ProductTiles.Columns) - column;
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
            Activations.Row(activation, (float*)gate.Y + row * gate.YStride + column, up.Y == 0 ? null : (float*)up.Y + row * up.YStride + column, columns);
    });

    /// <summary>The same with the tile width chosen by the caller (tests).</summary>
    internal static void Multiply(WorkTeam team, ProductJob[] jobs, VectorWidth width) =>
        Run(team, jobs, (job, scratch, rows, panels) => Part(jobs[job], scratch, rows.Start.Value, rows.End.Value, panels.Start.Value, panels.End.Value, width));

    private static void Run(WorkTeam team, ProductJob[] jobs, PartBody body)
    {
        var grids = new Grid[jobs.Length];
        var (tasks, inputs) = (0, 0);
        var work = jobs.Sum(j => (double)j.Rows * j.Weights.Outputs * j.Weights.Inputs);
        for (var i = 0; i < jobs.Length; i++)
        {
            grids[i] = Grid.Of(jobs[i], team.Threads, work, tasks);
            tasks += grids[i].Tasks;
            inputs = Math.Max(inputs, jobs[i].Weights.Inputs);
        }

        team.Run(tasks, (task, worker) =>
        {
            var i = Find(grids, task);
            var grid = grids[i];
            // Neighbouring tasks share panels rather than rows: the panels are the larger part.
            var (group, cut) = Math.DivRem(task - grid.FirstTask, grid.Cuts);
            body(i, team.Scratch(worker, ScratchFloats(inputs)), (cut * grid.Cut)..Math.Min(jobs[i].Rows, (cut + 1) * grid.Cut), (group * grid.Together)..Math.Min(jobs[i].Weights.Panels, (group + 1) * grid.Together));
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Part(in ProductJob job, float* scratch, int firstRow, int endRow, int firstPanel, int endPanel, VectorWidth width)
    {
        if (job.Panels != 0 && endRow - firstRow <= ProductTiles.MostRows) OneTile(job, scratch, firstRow, endRow - firstRow, firstPanel, endPanel, width);
        else Tiles(job, scratch, firstRow, endRow, firstPanel, endPanel, width);
        if (job.Bias == 0) return;
        var (start, count) = (firstPanel * ProductTiles.Columns, Math.Min(endPanel * ProductTiles.Columns, job.Weights.Outputs) - firstPanel * ProductTiles.Columns);
        for (var row = firstRow; row < endRow; row++)
        {
            var to = new Span<float>((float*)job.Y + row * job.YStride + start, count);
            TensorPrimitives.Add(to, new ReadOnlySpan<float>((float*)job.Bias + start, count), to);
        }
    }

    /// <summary>Blocks of inputs, then tiles of rows, then panels: a block of panels stays in the second-level cache for all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tiles(in ProductJob job, float* scratch, int firstRow, int endRow, int firstPanel, int endPanel, VectorWidth width)
    {
        var weights = job.Weights;
        var (step, inputs) = (weights.Step, weights.Inputs);
        var y = (float*)job.Y;
        var whole = (byte*)job.Panels;
        var edge = scratch; // (14, 32): results of a panel that is not full.
        var packed = (byte*)(edge + ProductTiles.MostRows * ProductTiles.Columns); // (panels, 512, 32).
        var widened = (float*)packed + MostPanels / 2 * (long)PanelFloats; // Halves take half of the room for packed panels, and leave this to be widened.
        var tile = (float*)packed + (MostPanels + MostPanels / 2) * (long)PanelFloats; // (14, 528): rows of x.
        for (var k = 0; k < inputs || k == 0; k += Block)
        {
            var depth = Math.Min(Block, inputs - k);
            // Panel p's block stands at panels + (p − first) · size.
            var type = weights.Type;
            var panels = whole is null ? packed : whole + ((long)firstPanel * inputs + k) * step;
            var size = (whole is null ? (long)Block : inputs) * step;
            if (whole is null)
                weights.Pack(firstPanel, endPanel, k, depth, packed, size);
            if (type == PanelType.Float16 && endRow - firstRow >= WideningPays)
            {
                for (var p = 0; p < endPanel - firstPanel; p++) Float16Panel.Widen(panels + p * size, depth, widened + p * (long)PanelFloats);
                type = PanelType.Float32;
                panels = (byte*)widened;
                size = PanelFloats * sizeof(float);
            }

            for (int row = firstRow, height; row < endRow; row += height)
            {
                // Tiles of nearly equal height: a last one of few rows would cost as much as a tall one.
                var tiles = (endRow - row + ProductTiles.MostRows - 1) / ProductTiles.MostRows;
                height = (endRow - row + tiles - 1) / tiles;
                Copy(job, row, height, k, depth, tile);
                for (var p = firstPanel; p < endPanel; p++) Compute(width, tile, height, type, panels + (p - firstPanel) * size, depth, y + row * job.YStride + p * ProductTiles.Columns, job.YStride, k > 0, edge, weights.Outputs - p * ProductTiles.Columns);
            }
        }
    }

    /// <summary>All inputs of the few rows there are, then panel by panel from end to end: each is streamed once, as it lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneTile(in ProductJob job, float* scratch, int firstRow, int height, int firstPanel, int endPanel, VectorWidth width)
    {
        var weights = job.Weights;
        var edge = scratch;
        var tiles = edge + ProductTiles.MostRows * ProductTiles.Columns; // (blocks, 14, 528): rows of x.
        for (var k = 0; k < weights.Inputs; k += Block) Copy(job, firstRow, height, k, Math.Min(Block, weights.Inputs - k), tiles + k / Block * Tile);
        for (var p = firstPanel; p < endPanel; p++)
        {
            var panel = (byte*)job.Panels + (long)p * weights.Inputs * weights.Step;
            var to = (float*)job.Y + firstRow * job.YStride + p * ProductTiles.Columns;
            for (var k = 0; k < weights.Inputs; k += Block)
                Compute(width, tiles + k / Block * Tile, height, weights.Type, panel + (long)k * weights.Step, Math.Min(Block, weights.Inputs - k), to, job.YStride, k > 0, edge, weights.Outputs - p * ProductTiles.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(in ProductJob job, int row, int height, int k, int depth, float* tile)
    {
        for (var r = 0; r < height; r++) Buffer.MemoryCopy((float*)job.X + (row + r) * job.XStride + k, tile + r * ProductTiles.RowStride, depth * sizeof(float), depth * sizeof(float));
    }

    /// <summary>One tile of one panel; the last panel may have fewer outputs than columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compute(VectorWidth width, float* tile, int height, PanelType type, byte* panel, int depth, float* to, long stride, bool add, float* edge, int outputs)
    {
        if (outputs >= ProductTiles.Columns)
        {
            ProductTiles.Compute(width, tile, height, type, panel, depth, to, stride, add);
            return;
        }

        ProductTiles.Compute(width, tile, height, type, panel, depth, edge, ProductTiles.Columns, false);
        for (var r = 0; r < height; r++)
        {
            for (var j = 0; j < outputs; j++)
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

    private delegate void PartBody(int job, float* scratch, Range rows, Range panels);

    /// <summary>How one product is cut into tasks: groups of panels × cuts of the rows.</summary>
    private readonly record struct Grid(int FirstTask, int Tasks, int Together, int Cut, int Cuts)
    {
        public static Grid Of(in ProductJob job, int threads, double work, int firstTask)
        {
            if (job.Rows == 0 || job.Weights.Outputs == 0) return new Grid(firstTask, 0, 1, 1, 1);
            var panels = job.Weights.Panels;
            // In proportion to its part of the work.
            var wanted = (int)Math.Clamp(Math.Ceiling(TasksPerThread * threads * ((double)job.Rows * job.Weights.Outputs * Math.Max(1, job.Weights.Inputs) / Math.Max(1, work))), 1, TasksPerThread * threads);
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
