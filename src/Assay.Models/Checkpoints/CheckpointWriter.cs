using System.Collections.Immutable;

namespace Assay.Checkpoints;

/// <summary>Copies a model folder, with some tensors replaced or the shards cut anew.</summary>
/// <remarks>Metadata, tensor order, shard names, index and every other file are kept byte for byte; a copy without changes equals its source
/// in every byte. The copy is written into a folder beside the target, flushed to disk and renamed: there is a whole copy or none.</remarks>
public static class CheckpointWriter
{
    /// <summary>Copies a model folder.</summary>
    /// <param name="source">An open model folder.</param>
    /// <param name="target">The new folder; an existing one is refused and never touched.</param>
    /// <param name="replacements">Tensors to write in place of those of the same name; null for none.</param>
    /// <param name="maxShardBytes">Cuts the weights anew into files of at most so many bytes of data (a larger tensor gets one of its own); null keeps the shards.</param>
    /// <param name="progress">Bytes written so far.</param>
    /// <param name="cancellation">Honoured between blocks of 1 MiB; leaves nothing behind.</param>
    /// <exception cref="InvalidInputException">The target exists, lies inside the source, or cannot be written (disk full, no permission); a file of the source cannot be read.</exception>
    /// <exception cref="ArgumentException">The source is a single file, or a replacement is of no tensor of the source.</exception>
    public static void Copy(Checkpoint source, string target, IEnumerable<TensorToWrite>? replacements = null, long? maxShardBytes = null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(target);
        if (maxShardBytes is { } limit) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit, nameof(maxShardBytes));
        if (!Directory.Exists(source.Path) || source.Read is not null) throw new ArgumentException("A model folder of safetensors files is copied, nothing else.", nameof(source));
        var byName = (replacements ?? []).ToDictionary(t => t.Name, StringComparer.Ordinal);
        foreach (var name in byName.Keys)
            if (!source.TryGet(name, out _)) throw new ArgumentException($"There is no tensor '{name}' to replace.", nameof(replacements));

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (full.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Path)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidInputException($"{target}: lies inside the model that is to be copied. Choose a target outside it.");
        if (Path.Exists(target)) throw new InvalidInputException($"{target}: exists already; nothing is overwritten. Choose another target.");
        try
        {
            var index = source.HasIndex ? RegularFile.ReadAllBytes(Path.Combine(source.Path, SafetensorsIndex.FileName), Checkpoint.MaxTextLength, "an index")
                : null;
            var plan = maxShardBytes is { } bytes ? ShardPlan.Split(source, byName, bytes) : ShardPlan.Keep(source, byName, index);
            var others = OtherFiles(source);
            long written = 0;
            void Report(long more) => progress?.Report(written += more);
            using var folder = new AtomicFolder(target, overwrite: false, [source.Path], plan.Shards.Sum(s => s.Length) + others.Sum(f => f.Length));
            foreach (var file in others)
            {
                cancellation.ThrowIfCancellationRequested();
                folder.Write(file.Relative, stream => Copy(file, stream, Report, cancellation));
            }

            if (plan.Index is not null) folder.Write(SafetensorsIndex.FileName, stream => stream.Write(plan.Index));
            foreach (var shard in plan.Shards) folder.Write(shard.FileName,
                stream => SafetensorsWriter.WriteTo(stream, shard.Header, shard.Tensors, Report, cancellation));
            cancellation.ThrowIfCancellationRequested();
            folder.Commit();
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InvalidInputException($"{target}: cannot be written: {e.Message} Nothing was left behind.", e);
        }
    }

    /// <summary>Every file of the folder and its sub-folders that holds none of the opened weights. Links to files are followed, links to folders refused.</summary>
    private static ImmutableArray<(string Relative, string Path, long Length)> OtherFiles(Checkpoint source)
    {
        var weights = source.Shards.Select(s => Path.GetFileName(s.Path)).Append(SafetensorsIndex.FileName).ToHashSet(StringComparer.Ordinal);
        var problems = new ProblemList();
        var files = ImmutableArray.CreateBuilder<(string, string, long)>();
        // Folders are walked by hand, since the framework's own recursion follows links, which may go round in circles.
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(source.Path)]);
        while (folders.TryPop(out var folder))
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }))
            {
                var relative = Path.GetRelativePath(source.Path, entry.FullName);
                if (weights.Contains(relative)) continue;
                var end = entry.LinkTarget is null ? entry : entry.ResolveLinkTarget(returnFinalTarget: true)!;
                if (entry.LinkTarget is not null && !end.Exists) problems.Add($"{entry.FullName}: a link to something that is not there. The download is incomplete; fetch it again.");
                else if (end is FileInfo file) files.Add((relative, entry.FullName, file.Length));
                else if (entry.LinkTarget is not null) problems.Add($"{entry.FullName}: a link to a folder, which is not followed. Put the folder itself there.");
                else folders.Push((DirectoryInfo)entry);
            }
        }
        problems.ThrowIfAny();
        return files.ToImmutable();
    }

    private static void Copy((string Relative, string Path, long Length) file, FileStream stream, Action<long> report, CancellationToken cancellation)
    {
        // Nothing to read in an empty file, and what looks empty may be a pipe, which would be waited for.
        if (file.Length == 0) return;
        RegularFile.CopyTo(file.Path, stream, report, cancellation);
    }
}
