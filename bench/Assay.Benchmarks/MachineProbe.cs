using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>What the machine can do at best: memory bandwidth, clock, name.</summary>
internal static unsafe class MachineProbe
{
    /// <summary>Bytes a second that all threads together read from a buffer far larger than any cache, in huge pages where the system has them.</summary>
    public static double ReadBandwidth(WorkTeam team, long bytes = 1L << 30)
    {
        var memory = (byte*)PageMemory.Allocate(bytes);
        const long part = 16 << 20;
        team.Run((int)(bytes / part), (task, _) => new Span<byte>(memory + task * part, (int)part).Fill(1));
        var best = 0.0;
        for (var round = 0; round < 10; round++)
        {
            var watch = Stopwatch.StartNew();
            team.Run((int)(bytes / part), (task, _) => Sum((float*)(memory + task * part), (int)(part / 4)));
            best = Math.Max(best, bytes / watch.Elapsed.TotalSeconds);
        }

        PageMemory.Free(memory, bytes);
        return best;
    }

    /// <summary>Cycles a second, from a chain of dependent additions, each of which takes one cycle on every current processor.</summary>
    public static double Clock()
    {
        var best = 0.0;
        for (var round = 0; round < 5; round++)
        {
            const int steps = 10_000_000;
            var watch = Stopwatch.StartNew();
            Additions(steps, 3);
            best = Math.Max(best, 8.0 * steps / watch.Elapsed.TotalSeconds);
        }

        return best;
    }

    /// <summary>The processor's name.</summary>
    public static string Cpu()
    {
        try
        {
            var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
            if (line is not null) return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (IOException)
        {
            // Another system.
        }

        return System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>One line on the machine and the run.</summary>
    public static string Describe(WorkTeam team) => string.Create(CultureInfo.InvariantCulture,
        $".NET {Environment.Version}, {team.Threads} threads, tiles: {ProductTiles.Best}, {DateTime.UtcNow:yyyy-MM-dd}.");

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Sum(float* x, int count)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += 32)
        {
            // The processor's own prefetching ends at every page; with this the probe is what reading can be at best.
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(x + i + 512);
                Sse.Prefetch0(x + i + 528);
            }

            a += Vector256.Load(x + i);
            b += Vector256.Load(x + i + 8);
            c += Vector256.Load(x + i + 16);
            d += Vector256.Load(x + i + 24);
        }

        return (a + b + c + d)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static long Additions(int steps, long y)
    {
        var x = y;
        for (var i = 0; i < steps; i++)
        {
            x += y;
            x ^= y;
            x += y;
            x ^= y;
            x += y;
            x ^= y;
            x += y;
            x ^= y;
        }

        return x;
    }
}
