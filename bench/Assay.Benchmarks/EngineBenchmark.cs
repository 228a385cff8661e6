using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>Products, scoring and decoding, as fractions of the multiply-add peak probed in the same run.</summary>
internal static unsafe class EngineBenchmark
{
    private static readonly (int M, int N, int K)[] Shapes = [(512, 576, 576), (512, 2048, 2048), (512, 11008, 4096), (2048, 2048, 2048), (2048, 4096, 4096), (1, 2048, 2048), (32, 2048, 2048)];

    public static void Run(string? resultFile)
    {
        using var team = new WorkTeam(Environment.ProcessorCount);
        var report = new StringBuilder();
        var peak = FmaPeak.Measure(team);
        report.AppendLine(CultureInfo.InvariantCulture, $"# Engine on {Cpu()}\n");
        report.AppendLine(CultureInfo.InvariantCulture, $".NET {Environment.Version}, {team.Threads} threads, {(Vector512.IsHardwareAccelerated ? "512" : "256")}-bit vectors, {DateTime.UtcNow:yyyy-MM-dd}.");
        report.AppendLine(CultureInfo.InvariantCulture, $"Multiply-add peak probed in the same run: {peak:0} GFLOP/s. Medians of 7 rounds after 2 unmeasured ones.\n");
        report.AppendLine("## Products, bf16 weights packed on the way\n\n| M × N × K | GFLOP/s | of the peak |\n|---|---|---|");
        foreach (var shape in Shapes)
        {
            var rate = Product(team, shape);
            report.AppendLine(CultureInfo.InvariantCulture, $"| {shape.M} × {shape.N} × {shape.K} | {rate:0} | {rate / peak:p0} |");
        }

        report.AppendLine("\n## Whole models, random weights\n\n| shape | scoring, T = 512, tokens/s | of the bound by the peak | two models and KLD, tokens/s | decoding 32 rows, tokens/s | peak private memory, MB |\n|---|---|---|---|---|---|");
        foreach (var (name, config) in new[]
        {
            ("135M Llama (30 × 576)", SyntheticCheckpoint.LlamaConfig(30, 576, 9, 3, 1536, 49152, tied: true)),
            ("1.1B Llama (22 × 2048)", SyntheticCheckpoint.LlamaConfig(22, 2048, 32, 4, 5632, 32000)),
        }) report.AppendLine(Model(name, config, peak));

        Console.Write(report);
        var path = resultFile ?? Path.Combine("bench", "results", Cpu().Replace(' ', '-').ToLowerInvariant() + ".md");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, report.ToString());
    }

    private static double Product(WorkTeam team, (int M, int N, int K) shape)
    {
        var (m, n, k) = shape;
        var bytes = (byte*)NativeMemory.AlignedAlloc((nuint)n * (nuint)k * 2, 64);
        var random = new Random(1);
        for (long i = 0; i < (long)n * k; i++) ((ushort*)bytes)[i] = (ushort)(BitConverter.SingleToUInt32Bits((float)random.NextDouble() - .5f) >> 16);
        var weights = new WeightMatrix(new Tensor("w", DType.BF16, [n, k], bytes, 2L * n * k), n, k, false, 0);
        using var x = new FloatBuffer((long)m * k);
        using var y = new FloatBuffer((long)m * n);
        for (long i = 0; i < (long)m * k; i++) x.Data[i] = (float)random.NextDouble() - .5f;
        var panels = (byte*)PageMemory.Allocate(weights.PackedBytes);
        PanelCache.Pack(team, weights, panels);
        var job = ProductJob.Of(x.Data, k, m, weights, panels, null, y.Data, n);
        var seconds = Median(() => MatrixProduct.Multiply(team, job));
        PageMemory.Free(panels, weights.PackedBytes);
        NativeMemory.AlignedFree(bytes);
        return 2.0 * m * n * k / seconds / 1e9;
    }

    private static string Model(string name, string config, double peak)
    {
        var folder = Directory.CreateTempSubdirectory("assay-bench-").FullName;
        try
        {
            SyntheticCheckpoint.Write(Path.Combine(folder, "p"), config, 1);
            SyntheticCheckpoint.Write(Path.Combine(folder, "q"), config, 1, t => t.Contains("layers.3.", StringComparison.Ordinal));
            using var memory = new PrivateMemory();
            using var p = LanguageModel.Open(Path.Combine(folder, "p"));
            using var q = LanguageModel.Open(Path.Combine(folder, "q"));
            var ids = Enumerable.Range(0, 513).Select(i => 3 + i * 7919 % 30000).ToArray();
            var text = new[] { new ScoredText(ids, 1) };
            var scoring = 512 / Median(() => new TextScorer(p).Score(text), 3);
            var pair = 512 / Median(() => new PairScorer(p, q).Score(text), 3);
            var prompts = Enumerable.Range(0, 32).Select(i => ids[i..(i + 16)]).ToArray();
            var one = Median(() => p.Generate(prompts, new GenerationOptions { MaxNewTokens = 1 }), 3);
            var many = Median(() => p.Generate(prompts, new GenerationOptions { MaxNewTokens = 9 }), 3);
            long matrices = p.Config.Tensors.Where(t => t.Shape.Length == 2 && t.Name != p.Spec.Embedding).Sum(t => t.Shape[0] * t.Shape[1]) + (p.Config.TiedHead ? (long)p.Spec.VocabularySize * p.Spec.HiddenSize : 0);
            var bound = peak * 1e9 / (2.0 * matrices);
            return string.Create(CultureInfo.InvariantCulture, $"| {name} | {scoring:0} | {scoring / bound:p0} | {pair:0} | {32 * 8 / (many - one):0.0} | {memory.PeakBytes / 1e6:0} |");
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static double Median(Action action, int rounds = 7)
    {
        var times = new List<double>();
        for (var i = -2; i < rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            action();
            if (i >= 0) times.Add(watch.Elapsed.TotalSeconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static string Cpu() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':') + 1)..].Trim() : RuntimeInformation.ProcessArchitecture.ToString();
}
