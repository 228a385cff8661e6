using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Y (rows, outputs) = X (rows, inputs) · Wᵀ + b in float32.</summary>
/// <remarks>An element is the sum, in order, over blocks of 512 inputs of chains of fused multiply-adds from zero, and then the bias:
/// the same bits whatever the number of rows, the row's place, the threads or the vector width (engine.md, Numerics). Weights are widened and
/// transposed a panel at a time into the thread's scratch, so no packed copy of a matrix exists and memory does not grow with the model.</remarks>
internal static unsafe class MatrixProduct
{
    /// <summary>Inputs of one chain.</summary>
    public const int Block = 512;

    private const int PanelFloats = Block * ProductTiles.Columns;
    private const int MostPanels = 4;

    /// <summary>Whether 512-bit tiles are used here.</summary>
    public static bool Wide { get; } = Vector512.IsHardwareAccelerated;

    /// <summary>Computes the product.</summary>
    /// <param name="team">Threads.</param>
    /// <param name="x">(rows, xStride).</param>
    /// <param name="xStride">Floats between rows of x.</param>
    /// <param name="rows">Rows; 0 is legal.</param>
    /// <param name="weights">W.</param>
    /// <param name="bias">(outputs,), or null.</param>
    /// <param name="y">(rows, yStride), overwritten.</param>
    /// <param name="yStride">Floats between rows of y.</param>
    public static void Multiply(WorkTeam team, float* x, long xStride, int rows, WeightMatrix weights, float* bias, float* y, long yStride) =>
        Multiply(team, x, xStride, rows, weights, bias, y, yStride, Wide);

    /// <summary>The same with the tile width chosen by the caller (tests).</summary>
    internal static void Multiply(WorkTeam team, float* x, long xStride, int rows, WeightMatrix weights, float* bias, float* y, long yStride, bool wide)
    {
        if (rows == 0 || weights.Outputs == 0) return;
        var panels = (weights.Outputs + ProductTiles.Columns - 1) / ProductTiles.Columns;
        // Four panels share one copy of the rows; fewer where that would leave threads idle.
        var together = Math.Clamp(panels / (team.Threads * 3), 1, MostPanels);
        var groups = (panels + together - 1) / together;
        // Long batches are also cut by rows: a panel is then packed once a cut, which 128 rows pay for.
        var cuts = Math.Clamp(Math.Min(rows / 128, team.Threads * 4 / groups), 1, 64);
        var cut = (rows + cuts - 1) / cuts;
        cut = (cut + ProductTiles.MostRows - 1) / ProductTiles.MostRows * ProductTiles.MostRows;
        cuts = (rows + cut - 1) / cut;
        team.Run(groups * cuts, (task, worker) =>
        {
            var (group, part) = (task / cuts, task % cuts);
            var scratch = team.Scratch(worker, MostPanels * PanelFloats + ProductTiles.MostRows * ProductTiles.RowStride + 8 * Block + ProductTiles.MostRows * ProductTiles.Columns);
            Part(scratch, x, xStride, part * cut, Math.Min(rows, (part + 1) * cut), weights, group * together, Math.Min(panels, (group + 1) * together), bias, y, yStride, wide);
        });
    }

    private static void Part(float* scratch, float* x, long xStride, int firstRow, int endRow, WeightMatrix weights, int firstPanel, int endPanel, float* bias, float* y,
        long yStride, bool wide)
    {
        const int columns = ProductTiles.Columns;
        var packed = scratch; // (panels, depth, 32).
        var tile = scratch + MostPanels * PanelFloats; // (14, 528): rows of x.
        var widened = tile + ProductTiles.MostRows * ProductTiles.RowStride; // (8, 512).
        var edge = widened + 8 * Block; // (14, 32): results of a panel that is not full.
        for (var k = 0; k < weights.Inputs || k == 0; k += Block)
        {
            var depth = Math.Min(Block, weights.Inputs - k);
            for (var p = firstPanel; p < endPanel; p++) weights.Pack(p * columns, k, depth, packed + (p - firstPanel) * PanelFloats, widened);
            for (var row = firstRow; row < endRow; row += ProductTiles.MostRows)
            {
                var height = Math.Min(ProductTiles.MostRows, endRow - row);
                for (var r = 0; r < height; r++) new ReadOnlySpan<float>(x + (row + r) * xStride + k, depth).CopyTo(new Span<float>(tile + r * ProductTiles.RowStride, depth));
                for (var p = firstPanel; p < endPanel; p++)
                {
                    var panel = packed + (p - firstPanel) * PanelFloats;
                    var n = p * columns;
                    var width = Math.Min(columns, weights.Outputs - n);
                    if (width == columns)
                    {
                        ProductTiles.Compute(wide, tile, height, panel, depth, y + row * yStride + n, yStride, k > 0);
                        continue;
                    }

                    ProductTiles.Compute(wide, tile, height, panel, depth, edge, columns, false);
                    for (var r = 0; r < height; r++)
                    {
                        var to = y + (row + r) * yStride + n;
                        for (var j = 0; j < width; j++) to[j] = k > 0 ? to[j] + edge[r * columns + j] : edge[r * columns + j];
                    }
                }
            }
        }

        if (bias is null) return;
        var (start, end) = (firstPanel * columns, Math.Min(endPanel * columns, weights.Outputs));
        for (var row = firstRow; row < endRow; row++)
            for (var n = start; n < end; n++)
                y[row * yStride + n] += bias[n];
    }
}
