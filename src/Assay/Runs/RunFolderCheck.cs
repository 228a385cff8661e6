using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Reports;

namespace Assay.Runs;

/// <summary>Why a run could not be written to a folder, found without writing to it.</summary>
public static class RunFolderCheck
{
    private const int LongestFirstLine = 4096;
    private const string Probe = ".assay-";

    /// <summary>The problem; null where there is none.</summary>
    /// <param name="path">Folder of the run.</param>
    /// <param name="identity">Hash that the folder's journal has to name.</param>
    /// <param name="fresh">Whether an earlier run in it is thrown away.</param>
    public static string? Problem(string path, string identity, bool fresh)
    {
        try
        {
            if (File.Exists(path)) return $"{path}: is a file; expected a folder for the run.";
            if (!Directory.Exists(path)) return Unwritable(Above(path)) is { } above ? $"{path}: cannot be made: {above}" : null;
            if (Unwritable(path) is { } refused) return $"{path}: cannot be written: {refused}";
            using var taken = FolderLock.TryTake(path);
            if (taken is null) return $"{path}: another process is writing into this folder. Wait for it to end, or choose another folder.";
            var (journal, plan) = (Path.Combine(path, "journal.jsonl"), Path.Combine(path, "plan.yaml"));
            if (!File.Exists(journal) && !File.Exists(plan))
                return Directory.EnumerateFileSystemEntries(path).Any(e => !IsProbe(e))
                    ? $"{path}: the folder is not empty and holds no run. Choose another --output." : null;
            if (File.Exists(journal)) RegularFile.Require(journal, "a journal");
            if (fresh || !File.Exists(journal) || FirstLine(journal) is not { } named || named == identity) return null;
            return $"{journal}: the folder holds a run of another plan ({UntrustedText.Visible(named)}, this one is {identity}). Choose another --output, or " +
                "start anew with --fresh.";
        }
        catch (InvalidInputException refused)
        {
            return refused.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"{path}: cannot be used as the run's folder: {e.Message}";
        }
    }

    /// <summary>Removes what a process that was killed while it asked has left.</summary>
    internal static void RemoveProbes(string folder)
    {
        foreach (var left in Directory.EnumerateFiles(folder, Probe + "*").Where(IsProbe).ToList()) File.Delete(left);
    }

    private static bool IsProbe(string path) =>
        Path.GetFileName(path) is var name && name.StartsWith(Probe, StringComparison.Ordinal) && Guid.TryParseExact(name[Probe.Length..], "N", out _);

    /// <summary>The nearest folder above a path that exists.</summary>
    private static string Above(string path)
    {
        var at = Path.GetFullPath(path);
        while (Path.GetDirectoryName(at) is { } parent)
        {
            at = parent;
            if (File.Exists(at)) throw new IOException($"{at} is a file.");
            if (Directory.Exists(at)) break;
        }

        return at;
    }

    // What a file system allows shows only when it is asked: the file that asks is gone with its handle, unless the process is killed just then.
    private static string? Unwritable(string folder)
    {
        try
        {
            using var file = new FileStream(Path.Combine(folder, $"{Probe}{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the folder {folder} takes no file ({e.GetType().Name}).";
        }
    }

    /// <summary>The hash that a journal names; null of an empty one, whose first line was never finished.</summary>
    private static string? FirstLine(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[LongestFirstLine];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var end = bytes.AsSpan(0, read).IndexOf((byte)'\n');
        if (end < 0) return read < LongestFirstLine ? null : "unnamed";
        try
        {
            using var line = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 0, end));
            return line.RootElement.ValueKind == JsonValueKind.Object && line.RootElement.TryGetProperty("plan", out var plan)
                && plan.ValueKind == JsonValueKind.String ? plan.GetString() : "unnamed";
        }
        catch (JsonException)
        {
            return "unnamed";
        }
    }
}
