using System.Globalization;
using System.Text;

namespace Assay.Benchmarks.Fuzzing;

/// <summary>Damages files for every reader and writes what came of it to <c>bench/results/fuzz.md</c>.</summary>
/// <remarks><c>-- fuzz [--reader NAME] [--mutations N] [--seed S] [--first K] [--verbose]</c>. With <c>--verbose</c> each case is written to a file before it
/// is read, so that one that ends the process is known; <c>--first K --mutations 1</c> runs case K alone.</remarks>
internal static class FuzzBenchmark
{
    public static int Run(IReadOnlyList<string> args)
    {
        var (name, mutations, seed, first, verbose) = ("", 5000, 1, 0, false);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--reader": name = args[++i]; break;
                case "--mutations": mutations = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--seed": seed = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--first": first = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--verbose": verbose = true; break;
                default: throw new ArgumentException($"'{args[i]}' is unknown; known are --reader, --mutations, --seed, --first, --verbose.");
            }
        }

        var readers = FuzzReaders.All.Where(r => name.Length == 0 || r.Name == name).ToList();
        if (readers.Count == 0) throw new ArgumentException(
            $"There is no reader '{name}'; there are {string.Join(", ", FuzzReaders.All.Select(r => r.Name))}.");
        var file = Path.Combine(Path.GetTempPath(), "assay-fuzz-case");
        List<FuzzResult> results = [];
        foreach (var reader in readers)
        {
            var result = Fuzzer.Run(reader, mutations, seed, first, !verbose ? null : (number, bytes) =>
            {
                File.WriteAllBytes(file, bytes);
                File.WriteAllText(file + ".txt", $"{reader.Name} --seed {seed} --first {number} --mutations 1");
            });
            results.Add(result);
            Console.WriteLine(Row(result));
            foreach (var fault in result.Faults) Console.WriteLine("    " + fault);
        }

        if (name.Length == 0 && first == 0) Write(results, mutations, seed);
        return results.Any(r => r.Faults.Count > 0) ? 1 : 0;
    }

    private static string Row(FuzzResult r) => string.Create(CultureInfo.InvariantCulture,
        $"| {r.Reader} | {r.Read + r.Refused} | {r.Read} | {r.Refused} | {r.Faults.Count} | {r.Slowest.Milliseconds:0.0} | {r.Largest.Bytes / 1048576.0:0.0} |");

    private static void Write(IReadOnlyList<FuzzResult> results, int mutations, int seed)
    {
        var text = new StringBuilder();
        text.AppendLine("# Damaged files, reader by reader").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"Written by `dotnet run -c Release --project bench/Assay.Benchmarks -- fuzz --mutations {mutations} --seed {seed}` on {MachineProbe.Cpu()}, " +
            $"{DateTime.UtcNow:yyyy-MM-dd}.").AppendLine();
        text.AppendLine("Each file is a whole one damaged in one to four ways: bits, lengths, numbers (0, −1, 2³¹ − 1, 2⁶³, 1e308, NaN), strings (half " +
            "surrogate pairs, NUL, line feeds, thousands of characters), members of objects twice, moved or gone, nesting thousands deep. "
            + "Allowed is that it is read or refused with a message of at most 2,000 characters (exit 65), within 2 seconds and 256 MB allocated; everything " +
                "else is a fault.").AppendLine();
        text.AppendLine("| reader | files | read | refused | faults | slowest, ms | largest, MiB allocated |").AppendLine("|---|---|---|---|---|---|---|");
        foreach (var result in results) text.AppendLine(Row(result));
        File.WriteAllText(Path.Combine("bench", "results", "fuzz.md"), text.ToString());
    }
}
