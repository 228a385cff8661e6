using System.Diagnostics;
using System.Globalization;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>`-- diff`: time and memory of a comparison of weights for each kind of change, on a slice of a 7B Llama that is extrapolated in the open.</summary>
internal static class DiffBenchmark
{
    private const int AllLayers = 32;

    /// <summary>Writes the pairs, compares them, prints and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--layers=N</c> (default 1); <c>--quick</c> for a tiny shape that only proves that it works.</param>
    public static void Run(string[] arguments)
    {
        var quick = arguments.Contains("--quick");
        var layers = arguments.FirstOrDefault(a => a.StartsWith("--layers=", StringComparison.Ordinal)) is { } l ? int.Parse(l["--layers=".Length..], CultureInfo.InvariantCulture) : 1;
        var config = quick ? SyntheticCheckpoint.LlamaConfig(layers, 320, 5, 5, 640, 1000) : SyntheticCheckpoint.LlamaConfig(layers, 4096, 32, 32, 11008, 32000);
        var folder = Directory.CreateTempSubdirectory("assay-diff-").FullName;
        var report = new StringBuilder();
        using var team = new WorkTeam(Environment.ProcessorCount);
        report.AppendLine($"# `assay diff` on {MachineProbe.Cpu()}\n\n{MachineProbe.Describe(team)} {layers} of {AllLayers} layers of a 7B Llama in bf16, with embedding and head; the time for 7B is that of the layers times {AllLayers}/{layers}.\n");
        report.AppendLine("| change of every matrix of the layers | found | seconds | processor seconds | seconds per GB of pair | 7B, minutes | peak private memory, MB |\n|---|---|---|---|---|---|---|");
        try
        {
            var original = Path.Combine(folder, "base");
            SyntheticCheckpoint.Write(original, config, 1);
            foreach (var (name, change) in Changes())
            {
                var changed = Path.Combine(folder, "candidate");
                Write(original, changed, config, change);
                var line = Measure(name, original, changed, layers, team);
                report.AppendLine(line);
                Console.WriteLine(line);
                Directory.Delete(changed, true);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        Console.Write(report);
        if (arguments.FirstOrDefault(a => !a.StartsWith('-')) is { } file) File.WriteAllText(file, report.ToString());
        else if (!quick) File.WriteAllText(Path.Combine("bench", "results", "diff-" + MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant() + ".md"), report.ToString());
    }

    private static string Measure(string name, string original, string changed, int layers, WorkTeam team)
    {
        // What writing the models left behind is not the comparison's.
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var memory = new PrivateMemory();
        using var a = Checkpoint.Open(original);
        using var b = Checkpoint.Open(changed);
        using var process = Process.GetCurrentProcess();
        var (watch, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
        var difference = CheckpointComparer.Compare(a, b, team);
        var seconds = watch.Elapsed.TotalSeconds;
        process.Refresh();
        var processor = (process.TotalProcessorTime - before).TotalSeconds;
        var bytes = 2.0 * difference.Differing.Sum(t => t.Elements * 2) / 1e9;
        var kinds = string.Join(", ", difference.Differing.GroupBy(t => t.Kind).Select(g => $"{g.Count()} {g.Key}"));
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {kinds} | {seconds:0.0} | {processor:0.0} | {seconds / bytes:0.0} | {seconds * AllLayers / layers / 60:0.0} | {memory.PeakBytes >> 20} |");
    }

    private static IEnumerable<(string Name, Action<float[], int, int, Random> Change)> Changes()
    {
        yield return ("noise of a hundredth", (w, _, _, random) =>
        {
            for (var i = 0; i < w.Length; i++) w[i] *= 1 + .02f * (random.NextSingle() - .5f);
        });
        yield return ("a direction removed", (w, rows, columns, random) =>
        {
            var r = Vector(rows, random);
            var along = new float[columns];
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++) along[j] += r[i] * w[i * columns + j];
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++) w[i * columns + j] -= r[i] * along[j];
        });
        yield return ("rank 16 added", (w, rows, columns, random) =>
        {
            for (var k = 0; k < 16; k++)
            {
                var (r, c) = (Vector(rows, random), Vector(columns, random));
                for (var i = 0; i < rows; i++)
                    for (var j = 0; j < columns; j++) w[i * columns + j] += r[i] * c[j];
            }
        });
        yield return ("rounded to int4, a scale a row", (w, rows, columns, _) =>
        {
            for (var i = 0; i < rows; i++)
            {
                var row = w.AsSpan(i * columns, columns);
                var scale = System.Numerics.Tensors.TensorPrimitives.MaxMagnitude<float>(row) is var most ? MathF.Abs(most) / 7 : 1;
                for (var j = 0; j < columns; j++) row[j] = MathF.Round(row[j] / scale) * scale;
            }
        });
    }

    private static float[] Vector(int count, Random random)
    {
        var v = new float[count];
        for (var i = 0; i < count; i++) v[i] = random.NextSingle() - .5f;
        var length = MathF.Sqrt(v.Sum(x => x * x));
        for (var i = 0; i < count; i++) v[i] /= length;
        return v;
    }

    private static void Write(string original, string changed, string config, Action<float[], int, int, Random> change)
    {
        Directory.CreateDirectory(changed);
        File.WriteAllText(Path.Combine(changed, "config.json"), config);
        using var source = Checkpoint.Open(original);
        SafetensorsWriter.Write(Path.Combine(changed, "model.safetensors"), source.Tensors.Select((tensor, index) =>
        {
            if (tensor.Shape.Length < 2 || !tensor.Name.Contains(".layers.", StringComparison.Ordinal)) return TensorToWrite.From(tensor);
            byte[]? bytes = null;
            return new TensorToWrite(tensor.Name, DType.BF16, tensor.Shape, (offset, block) =>
            {
                if (bytes is null)
                {
                    var values = new float[tensor.Count];
                    tensor.Read(0, values);
                    change(values, (int)tensor.Shape[0], (int)tensor.Shape[1], new Random(index));
                    bytes = new byte[2 * values.Length];
                    for (var i = 0; i < values.Length; i++)
                    {
                        var bits = BitConverter.SingleToUInt32Bits(values[i]);
                        BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
                    }
                }

                bytes.AsSpan((int)offset, block.Length).CopyTo(block);
                if (offset + block.Length == tensor.ByteLength) bytes = null;
            });
        }));
    }
}
