using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Assay.Reports;

namespace Assay.Runs;

/// <summary>What a run ran on. Results do not depend on it, except for the instruction set of the vectors.</summary>
public sealed record RunEnvironment
{
    /// <summary>Version of Assay.</summary>
    public required string Assay { get; init; }
    /// <summary>.NET runtime.</summary>
    public required string Runtime { get; init; }
    /// <summary>Operating system.</summary>
    public required string System { get; init; }
    /// <summary>Process architecture.</summary>
    public required string Architecture { get; init; }
    /// <summary>The processor's own name, or "unknown".</summary>
    public required string Processor { get; init; }
    /// <summary>Vector instruction sets in use, widest last.</summary>
    public required IReadOnlyList<string> VectorSets { get; init; }
    /// <summary>Processors that this process may use.</summary>
    public required int Processors { get; init; }
    /// <summary>Memory of the machine in bytes; null where unknown.</summary>
    public long? MemoryBytes { get; init; }
    /// <summary>Memory available in bytes, before the limit; null where unknown.</summary>
    public long? FreeMemoryBytes { get; init; }
    /// <summary>Limit of the control group in bytes; null where there is none.</summary>
    public long? MemoryLimitBytes { get; init; }
    /// <summary>Free bytes where the run is written; null where unknown.</summary>
    public long? FreeDiskBytes { get; init; }
    /// <summary>When the run began; null outside a run.</summary>
    public DateTimeOffset? Started { get; init; }
    /// <summary>Duration in seconds; null outside a run.</summary>
    public double? Seconds { get; init; }
    /// <summary>Threads used; null outside a run.</summary>
    public int? Threads { get; init; }
    /// <summary>Peak private memory in bytes; null where not measured.</summary>
    public long? PeakPrivateBytes { get; init; }

    /// <summary>Version of this assembly, as in every report.</summary>
    public static string AssayVersion => typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The vector instruction sets in use, joined.</summary>
    internal static string VectorNames => string.Join(',', Sets());

    /// <summary>Looks around.</summary>
    /// <param name="folder">Where the run is written: its disk is the one that counts.</param>
    public static RunEnvironment Capture(string folder) => new()
    {
        Assay = AssayVersion,
        Runtime = RuntimeInformation.FrameworkDescription,
        System = RuntimeInformation.OSDescription,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        Processor = Field("/proc/cpuinfo", "model name") ?? "unknown",
        VectorSets = Sets(),
        Processors = Environment.ProcessorCount,
        MemoryBytes = Kilobytes("MemTotal"),
        FreeMemoryBytes = Kilobytes("MemAvailable"),
        MemoryLimitBytes = long.TryParse(Read("/sys/fs/cgroup/memory.max")?.Trim(), out var limit) ? limit : null,
        FreeDiskBytes = FreeDisk(folder),
    };

    /// <summary><c>environment.json</c>; what is unknown is null.</summary>
    public byte[] ToJson() => ReportJson.Build(json =>
    {
        json.WriteStartObject();
        json.WriteString("schema", "assay-environment-1");
        json.WriteString("assay", Assay);
        json.WriteString("runtime", Runtime);
        json.WriteString("system", System);
        json.WriteString("architecture", Architecture);
        json.WriteString("processor", Processor);
        json.WriteStartArray("vector_sets");
        foreach (var set in VectorSets) json.WriteStringValue(set);
        json.WriteEndArray();
        json.WriteNumber("processors", Processors);
        Write("memory_bytes", MemoryBytes);
        Write("free_memory_bytes", FreeMemoryBytes);
        Write("memory_limit_bytes", MemoryLimitBytes);
        Write("free_disk_bytes", FreeDiskBytes);
        if (Started is { } started) json.WriteString("started", started);
        if (Seconds is { } seconds) json.WriteNumber("seconds", seconds);
        if (Threads is { } threads) json.WriteNumber("threads", threads);
        if (PeakPrivateBytes is { } peak) json.WriteNumber("peak_private_bytes", peak);
        json.WriteEndObject();

        void Write(string name, long? value)
        {
            if (value is { } v) json.WriteNumber(name, v);
            else json.WriteNull(name);
        }
    });

    private static List<string> Sets()
    {
        (string Name, bool Supported)[] all = [("AdvSimd", AdvSimd.IsSupported), ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported)];
        return [.. all.Where(s => s.Supported).Select(s => s.Name)];
    }

    private static long? Kilobytes(string field) => Field("/proc/meminfo", field) is { } text && long.TryParse(text.Split(' ')[0], out var kilobytes) ? kilobytes * 1024 : null;

    private static string? Field(string file, string name) =>
        Read(file)?.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2) is [_, var value] ? value.Trim() : null;

    private static string? Read(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? FreeDisk(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
