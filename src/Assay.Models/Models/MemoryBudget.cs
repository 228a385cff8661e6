namespace Assay.Models;

/// <summary>How much memory there is, and how a batch is fitted into what is allowed.</summary>
public static class MemoryBudget
{
    /// <summary>Rows beyond which a larger batch gains nothing.</summary>
    private const int MostRows = 2048;

    /// <summary>Free memory in bytes: the smaller of MemAvailable and what the cgroup leaves; what the runtime reports where neither can be read.</summary>
    public static long Free()
    {
        long free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Read("/proc/meminfo") is { } info)
        {
            foreach (var line in info.Split('\n'))
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal) && long.TryParse(line.AsSpan(13).Trim().TrimEnd("kB").Trim(), out var kilobytes))
                    free = Math.Min(free, kilobytes * 1024);
        }

        if (long.TryParse(Read("/sys/fs/cgroup/memory.max"), out var limit) && long.TryParse(Read("/sys/fs/cgroup/memory.current"), out var used))
            free = Math.Min(free, Math.Max(0, limit - used));
        return free;
    }

    /// <summary>What may be used: as asked, or half of what is free.</summary>
    public static long Resolve(long asked) => asked > 0 ? asked : Free() / 2;

    /// <summary>Rows of a batch whose activations take at most a quarter of the memory allowed.</summary>
    /// <param name="memoryBytes">Allowed in all.</param>
    /// <param name="bytesPerRow">Of every model that is run on the batch.</param>
    public static int Rows(long memoryBytes, long bytesPerRow) => (int)Math.Clamp(memoryBytes / 4 / Math.Max(1, bytesPerRow), 64, MostRows);

    /// <summary>Bytes of keys and values of the sequences that decode together: a sixteenth of the memory allowed, so that depth hardly shows in the peak.</summary>
    public static long Caches(long memoryBytes) => memoryBytes / 16;

    /// <summary>Packed panels kept across batches: a sixteenth of a fixed allowance, so that depth hardly shows in the peak; a quarter of what is free where none was fixed.</summary>
    /// <param name="asked">As <see cref="Resolve"/> takes it.</param>
    public static long Panels(long asked) => asked > 0 ? asked / 16 : Free() / 4;

    /// <summary>Rows of logits held at once: at most an eighth of the memory allowed.</summary>
    public static int LogitRows(long memoryBytes, int vocabulary, int models) => (int)Math.Clamp(memoryBytes / 8 / (4L * vocabulary * models), 1, 512);

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
