using System.Globalization;
using System.Text;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>Products, scoring, vetting and decoding, as fractions of the multiply-add peak and the memory bandwidth probed in the same run.</summary>
internal static class EngineBenchmark
{
    /// <summary>Runs everything and writes the table.</summary>
    /// <param name="arguments">A result file; <c>--quick</c> for a few seconds that only prove that it works, and write nothing unless told where to;
    /// <c>--models=FOLDER</c> keeps the synthetic models there; <c>--only=products</c> or <c>--only=models</c>.</param>
    public static void Run(string[] arguments)
    {
        var quick = arguments.Contains("--quick");
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-'));
        using var team = new WorkTeam(Environment.ProcessorCount);
        var peak = FmaPeak.Measure(team, quick ? 2 : 8);
        var bandwidth = MachineProbe.ReadBandwidth(team, quick ? 256L << 20 : 1L << 30);
        var clock = MachineProbe.Clock();
        var body = new StringBuilder();
        var only = Value(arguments, "--only=");
        var fastest = only is null or "products" ? ProductBenchmark.Run(team, body, peak, bandwidth, quick) : 0;
        if (!quick) peak = Math.Max(peak, FmaPeak.Measure(team)); // Clocks move: the fractions above are of the first probe, and this one tells whether they hold.
        if (only is null or "models") ModelBenchmark.Run(body, peak, bandwidth, quick, Value(arguments, "--models="));

        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# Engine on {MachineProbe.Cpu()}\n\n{MachineProbe.Describe(team)} Medians.\n");
        report.AppendLine(CultureInfo.InvariantCulture, $"Probed in the same run: multiply-add peak {peak:0} GFLOP/s ({peak / team.Threads / (clock / 1e9):0.0} FLOP a cycle and thread at {clock / 1e9:0.00} GHz), reading {bandwidth / 1e9:0.0} GB/s.");
        report.AppendLine(fastest <= peak ? "No product was faster than the peak.\n" : string.Create(CultureInfo.InvariantCulture, $"A product reached {fastest:0} GFLOP/s: the probe is NOT the peak, and the fractions below do not count.\n"));
        report.Append(body);
        Console.Write(report);
        if (quick && file is null) return;
        file ??= Path.Combine("bench", "results", MachineProbe.Cpu().Replace(' ', '-').ToLowerInvariant() + ".md");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, report.ToString());
    }

    private static string? Value(string[] arguments, string option) => arguments.FirstOrDefault(a => a.StartsWith(option, StringComparison.Ordinal))?[option.Length..];
}
