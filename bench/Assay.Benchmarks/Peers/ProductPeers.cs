using System.Diagnostics;
using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Models.Kernels;

namespace Assay.Benchmarks.Peers;

/// <summary>Single products, ours and OpenBLAS's, on the same values.</summary>
internal static unsafe class ProductPeers
{
    private static readonly (int M, int N, int K)[] Shapes = [(512, 576, 576), (512, 2048, 2048), (512, 11008, 4096), (2048, 2048, 2048), (2048, 4096, 4096), (2048, 4096, 11008)];

    /// <summary>Writes the section.</summary>
    public static void Run(PeersReport report, WorkTeam team, Contest contest, bool quick)
    {
        OpenBlas? blas = null;
        string? reason = null;
        try
        {
            blas = OpenBlas.Load(team.Threads);
            report.Version("OpenBLAS", $"{blas.Config}; kernels for {blas.Core}; {blas.Threads} threads");
        }
        catch (PeerUnavailableException e)
        {
            reason = e.Message;
        }

        report.Line("## Products, x·Wᵀ\n");
        report.Line("The same values for all. OpenBLAS reads float32 weights; ours are measured on packed float32 and bf16 weights, what packing costs once in a column of its own; OpenBLAS packs within each call. GFLOP/s, median (min–max).\n");
        report.Line("| M × N × K | ours, f32 weights | of the peak | ours, bf16 weights | of the peak | OpenBLAS, f32 weights | of the peak | ours (bf16) ÷ OpenBLAS | packing bf16 once, ms | largest difference |");
        report.Line("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var shape in quick ? Shapes[..2] : Shapes) Row(report, team, contest, blas, shape);
        if (reason is not null) report.Line($"\nOpenBLAS: *not measured: {reason}*.");
        report.Line("");
    }

    private static void Row(PeersReport report, WorkTeam team, Contest contest, OpenBlas? blas, (int M, int N, int K) shape)
    {
        var (m, n, k) = shape;
        var narrow = (ushort*)PageMemory.Allocate((long)n * k * 2);
        try
        {
            using var wide = new FloatBuffer((long)n * k);
            using var x = new FloatBuffer((long)m * k);
            using var y = new FloatBuffer((long)m * n);
            using var theirs = new FloatBuffer((long)m * n);
            var random = new Random(1);
            for (long i = 0; i < (long)n * k; i++)
            {
                narrow[i] = (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - .5f) >> 16);
                wide.Data[i] = BitConverter.UInt32BitsToSingle((uint)narrow[i] << 16);
            }

            for (long i = 0; i < (long)m * k; i++) x.Data[i] = random.NextSingle() - .5f;
            var (px, pw, py, pt) = ((nint)x.Data, (nint)wide.Data, (nint)y.Data, (nint)theirs.Data);
            var work = 2.0 * m * n * k / 1e9;
            var wideMatrix = new WeightMatrix(new Tensor("w", DType.F32, [n, k], (byte*)pw, (long)n * k * 4), n, k, false, 0);
            var narrowMatrix = new WeightMatrix(new Tensor("w", DType.BF16, [n, k], (byte*)narrow, (long)n * k * 2), n, k, false, 0);
            var widePanels = PageMemory.Allocate(wideMatrix.PackedBytes);
            var narrowPanels = PageMemory.Allocate(narrowMatrix.PackedBytes);
            PanelCache.Pack(team, wideMatrix, (byte*)widePanels);
            var packing = ProductBenchmark.Median(() => PanelCache.Pack(team, narrowMatrix, (byte*)narrowPanels), 5);
            var contestants = new List<Contestant>
            {
                new("ours, f32", () => Rate(work, () => MatrixProduct.Multiply(team, ProductJob.Of((float*)px, k, m, wideMatrix, (byte*)widePanels, null, (float*)py, n)))),
                new("ours, bf16", () => Rate(work, () => MatrixProduct.Multiply(team, ProductJob.Of((float*)px, k, m, narrowMatrix, (byte*)narrowPanels, null, (float*)py, n)))),
            };
            if (blas is not null) contestants.Add(new("OpenBLAS", () => Rate(work, () => blas.Multiply(m, n, k, (float*)px, (float*)pw, (float*)pt))));
            var results = contest.Run(contestants);
            PageMemory.Free(widePanels, wideMatrix.PackedBytes);
            PageMemory.Free(narrowPanels, narrowMatrix.PackedBytes);
            var difference = 0f;
            for (long i = 0; blas is not null && i < (long)m * n; i++) difference = Math.Max(difference, Math.Abs(y.Data[i] - theirs.Data[i]));
            var cells = results.Select(r => r.Failure is null ? $"{PeersReport.Spread(r)} | {r.Median / report.Peak:p0}" : $"*not measured: {r.Failure}* | –").ToList();
            if (blas is null) cells.Add("*not measured* | –");
            var ratio = blas is not null && results[1].Failure is null && results[2].Failure is null ? $"{results[1].Median / results[2].Median:0.00}" : "–";
            report.Line($"| {m} × {n} × {k} | {string.Join(" | ", cells)} | {ratio} | {packing * 1e3:0.0} | {(blas is null ? "–" : $"{difference:0.0e+0}")} |");
        }
        finally
        {
            PageMemory.Free(narrow, (long)n * k * 2);
        }
    }

    /// <summary>Rate over a tenth of a second at least.</summary>
    private static double Rate(double work, Action action)
    {
        var watch = Stopwatch.StartNew();
        var times = 0;
        do
        {
            action();
            times++;
        }
        while (watch.Elapsed.TotalSeconds < .1);
        return work * times / watch.Elapsed.TotalSeconds;
    }
}
