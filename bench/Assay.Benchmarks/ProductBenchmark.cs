using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Assay.Checkpoints;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>Matrix products at scoring and decoding shapes.</summary>
internal static unsafe class ProductBenchmark
{
    /// <summary>engine.md's shapes; the must-holds are over these.</summary>
    public static readonly (int M, int N, int K)[] Shapes = [(512, 576, 576), (512, 2048, 2048), (512, 11008, 4096), (2048, 2048, 2048), (2048, 4096, 4096), (2048, 4096, 11008)];

    private static readonly (int M, int N, int K)[] Few = [(1, 4096, 4096), (2, 4096, 4096), (4, 4096, 4096), (8, 4096, 4096), (14, 4096, 4096), (32, 4096, 4096), (64, 2048, 2048), (100, 2048, 2048)];

    /// <summary>Writes the tables.</summary>
    /// <param name="team">Threads.</param>
    /// <param name="report">Where to.</param>
    /// <param name="peak">GFLOP/s.</param>
    /// <param name="bandwidth">Bytes a second.</param>
    /// <param name="quick">One small shape and two rounds.</param>
    /// <returns>The fastest product seen, in GFLOP/s: none may exceed the peak.</returns>
    public static double Run(WorkTeam team, StringBuilder report, double peak, double bandwidth, bool quick)
    {
        var fastest = 0.0;
        report.AppendLine("## Products of packed panels\n\nC (M, N) = X (M, K) · W (N, K)ᵀ. Packing reads the stored matrix once and writes its panels: bytes of both a second, against the bandwidth of reading.\n");
        report.AppendLine("| M × N × K | bf16 GFLOP/s | of the peak | f16 | f32 | bf16 packed on the way | packing bf16, GB/s | of the bandwidth |\n|---|---|---|---|---|---|---|---|");
        var product = 1.0;
        var least = double.MaxValue;
        foreach (var shape in quick ? Shapes[..1] : Shapes)
        {
            var bf16 = Measure(team, shape, DType.BF16, quick);
            var f16 = Measure(team, shape, DType.F16, quick);
            var f32 = Measure(team, shape, DType.F32, quick);
            fastest = Math.Max(fastest, Math.Max(bf16.Packed, Math.Max(f16.Packed, f32.Packed)));
            product *= bf16.Packed / peak;
            least = Math.Min(least, bf16.Packed / peak);
            report.AppendLine(CultureInfo.InvariantCulture, $"| {shape.M} × {shape.N} × {shape.K} | {bf16.Packed:0} | {bf16.Packed / peak:p0} | {f16.Packed:0} | {f32.Packed:0} | {bf16.OnTheWay:0} | {bf16.Packing / 1e9:0.0} | {bf16.Packing / bandwidth:p0} |");
        }

        report.AppendLine(CultureInfo.InvariantCulture, $"\nGeometric mean of the bf16 column: {Math.Pow(product, 1.0 / (quick ? 1 : Shapes.Length)):p1} of the peak; the least: {least:p1}.\n");
        if (quick) return fastest;
        report.AppendLine("Few rows (decoding), where the weights' bytes are the bound:\n\n| M × N × K | bf16 GFLOP/s | of the peak | weights read, GB/s | of the bandwidth | packed on the way, GFLOP/s |\n|---|---|---|---|---|---|");
        foreach (var shape in Few)
        {
            // Several matrices in turn, so that none is left in a cache.
            var (packed, onTheWay, _) = Measure(team, shape, DType.BF16, quick, copies: 1 + (int)(256e6 / (2.0 * shape.N * shape.K)));
            var bytes = packed * 1e9 / shape.M;
            report.AppendLine(CultureInfo.InvariantCulture, $"| {shape.M} × {shape.N} × {shape.K} | {packed:0} | {packed / peak:p0} | {bytes / 1e9:0.0} | {bytes / bandwidth:p0} | {onTheWay:0} |");
        }

        report.AppendLine();
        return fastest;
    }

    private static (double Packed, double OnTheWay, double Packing) Measure(WorkTeam team, (int M, int N, int K) shape, DType type, bool quick, int copies = 1)
    {
        var (m, n, k) = shape;
        var size = type == DType.F32 ? 4 : 2;
        var length = (long)n * k * size;
        var stored = (byte*)PageMemory.Allocate(length * copies);
        var random = new Random(1);
        for (long i = 0; i < (long)n * k; i++)
        {
            if (i >= 1 << 20)
            {
                // The same again: what the numbers are does not matter to the time.
                Buffer.MemoryCopy(stored, stored + i * size, (length - i * size), Math.Min(i * size, length - i * size));
                i += i - 1;
                continue;
            }

            var value = (float)random.NextDouble() - .5f;
            if (size == 4) ((float*)stored)[i] = value;
            else ((ushort*)stored)[i] = type == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)value) : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }

        for (var c = 1; c < copies; c++) Buffer.MemoryCopy(stored, stored + c * length, length, length);
        var weights = new WeightMatrix[copies];
        for (var c = 0; c < copies; c++) weights[c] = new WeightMatrix(new Tensor("w", type, [n, k], stored + c * length, length), n, k, false, 0);
        var panelBytes = weights[0].PackedBytes;
        var panels = (byte*)PageMemory.Allocate(panelBytes * copies);
        using var x = new FloatBuffer((long)m * k);
        using var y = new FloatBuffer((long)m * n);
        for (long i = 0; i < (long)m * k; i++) x.Data[i] = (float)random.NextDouble() - .5f;
        var rounds = quick ? 2 : (double)m * n * k > 1e10 ? 5 : 9;
        var packing = Median(() =>
        {
            for (var c = 0; c < copies; c++) PanelCache.Pack(team, weights[c], panels + c * panelBytes);
        }, rounds);
        var packed = Median(() =>
        {
            for (var c = 0; c < copies; c++) MatrixProduct.Multiply(team, ProductJob.Of(x.Data, k, m, weights[c], panels + c * panelBytes, null, y.Data, n));
        }, rounds);
        var onTheWay = Median(() =>
        {
            for (var c = 0; c < copies; c++) MatrixProduct.Multiply(team, ProductJob.Of(x.Data, k, m, weights[c], null, null, y.Data, n));
        }, rounds);
        PageMemory.Free(stored, length * copies);
        PageMemory.Free(panels, panelBytes * copies);
        var work = 2.0 * m * n * k * copies / 1e9;
        return (work / packed, work / onTheWay, (double)(length + panelBytes) * copies / packing);
    }

    /// <summary>Seconds: the median of some rounds, each long enough to be told from noise, after an unmeasured second.</summary>
    public static double Median(Action action, int rounds)
    {
        var seconds = new List<double>();
        // Unmeasured until a second has passed: the compiler works beside the first calls.
        var warm = Stopwatch.StartNew();
        double each;
        do
        {
            var watch = Stopwatch.StartNew();
            action();
            each = watch.Elapsed.TotalSeconds;
        }
        while (rounds > 2 && warm.Elapsed.TotalSeconds < 1);
        var repeat = Math.Clamp((int)(.015 / Math.Max(1e-9, each)), 1, 1000);
        for (var round = 0; round < rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            for (var r = 0; r < repeat; r++) action();
            seconds.Add(watch.Elapsed.TotalSeconds / repeat);
        }

        seconds.Sort();
        return seconds[seconds.Count / 2];
    }
}
