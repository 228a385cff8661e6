using System.Diagnostics;
using Assay.Checkpoints;

namespace Assay.Benchmarks.Fuzzing;

/// <summary>Gives a reader damaged files, one after another, and holds what comes of each against what is allowed: it is read, or refused with
/// <see cref="InvalidInputException"/>.</summary>
internal static class Fuzzer
{
    private const double MostMilliseconds = 2000;
    private const long MostBytes = 256L << 20;
    private const int MostFaults = 20;

    /// <summary>Runs cases on a thread with the standard stack. A case depends on the seed and its number alone, so that one can be run again by
    /// itself.</summary>
    /// <param name="reader">Which.</param>
    /// <param name="cases">How many.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="first">Number of the first case.</param>
    /// <param name="before">Told each case before it runs, since a stack overflow leaves nothing to tell it afterwards; null for nobody.</param>
    public static FuzzResult Run(FuzzReader reader, int cases, int seed, int first = 0, Action<int, byte[]>? before = null)
    {
        FuzzResult? result = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var scratch = Directory.CreateTempSubdirectory("assay-fuzz-").FullName;
            try
            {
                result = Work(reader, cases, seed, first, scratch, before);
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        thread.Start();
        thread.Join();
        return result ?? throw new InvalidOperationException($"The fuzzer of {reader.Name} ended.", failure);
    }

    private static FuzzResult Work(FuzzReader reader, int cases, int seed, int first, string scratch, Action<int, byte[]>? before)
    {
        var seeds = reader.Seeds();
        var mutator = new Mutator(seeds);
        var (read, refused) = (0, 0);
        (double Milliseconds, int Case) slowest = default;
        (long Bytes, int Case) largest = default;
        List<string> faults = [];
        // What is built once is built before anything is counted.
        foreach (var whole in seeds) reader.Read(whole, scratch);
        for (var number = first; number < first + cases && faults.Count < MostFaults; number++)
        {
            var file = mutator.Mutate(new Random(unchecked(seed * 1_000_003 + number)));
            before?.Invoke(number, file);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.GetTimestamp();
            try
            {
                reader.Read(file, scratch);
                read++;
            }
            catch (InvalidInputException refusal)
            {
                refused++;
                if (refusal.Problems.Any(p => p.Length > InvalidInputException.LongestProblem)) faults.Add(
                    $"case {number}: a message of {refusal.Problems.Max(p => p.Length)} characters");
            }
            catch (Exception fault)
            {
                faults.Add($"case {number}: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")} " +
                    $"{fault.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Assay", StringComparison.Ordinal))?.Trim()}");
            }

            var milliseconds = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (milliseconds > slowest.Milliseconds) slowest = (milliseconds, number);
            if (allocated > largest.Bytes) largest = (allocated, number);
            if (milliseconds > MostMilliseconds) faults.Add($"case {number}: {milliseconds:0} ms");
            if (allocated > MostBytes) faults.Add($"case {number}: {allocated >> 20} MB");
        }

        return new FuzzResult(reader.Name, cases, read, refused, slowest, largest, faults);
    }
}
