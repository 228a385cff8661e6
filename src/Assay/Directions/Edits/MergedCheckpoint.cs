using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Writes a model with a plan of edits baked into its weights: same names, types, shards, metadata and other files; what is not edited keeps its bytes.</summary>
/// <remarks>Directional ablation baked into weights, Arditi et al. 2024 (arXiv 2406.11717) §4.1. Tensors are streamed by rows; values are rounded once, from float64 to the stored
/// type. What was written is read back and held against the plan before it gets its name.</remarks>
public static class MergedCheckpoint
{
    // Other files that hold weights: left as they are they would be the unedited model in the edited one's folder.
    private static readonly string[] WeightEndings = [".safetensors", ".gguf", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".pkl", ".pickle", ".bin.index.json"];

    /// <summary>Writes the edited model.</summary>
    /// <param name="model">The base, with or without adapters.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="target">A folder; for a GGUF model in one file, a file where it ends in <c>.gguf</c>.</param>
    /// <param name="options">How the plan is put into weights; null for the defaults.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="progress">Bytes written.</param>
    /// <param name="cancellation">Leaves nothing behind.</param>
    /// <exception cref="InvalidInputException">The plan does not fit the model, a tensor cannot be edited, the target cannot be written, or what was read back is not what was promised.</exception>
    public static EditReport Write(EditableModel model, IReadOnlyList<WeightEdit> edits, string target, EditOptions? options = null, bool overwrite = false, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Write(model, edits, target, options, overwrite, null, progress, cancellation);

    internal static EditReport Write(EditableModel model, IReadOnlyList<WeightEdit> edits, string target, EditOptions? options, bool overwrite, Action<string>? step, IProgress<long>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(edits);
        ArgumentException.ThrowIfNullOrEmpty(target);
        var weights = new EditedWeights(model, edits, options ?? new EditOptions());
        try
        {
            return model.IsGguf ? GgufEdit.Write(model, weights, target, overwrite, step, progress, cancellation)
                : WriteFolder(model, weights, target, overwrite, step, progress, cancellation);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InvalidInputException($"{target}: cannot be written, or what was written cannot be read: {e.Message} Nothing was left behind.", e);
        }
    }

    /// <summary>Refuses a plan that cannot be put into the model's weights, without writing anything.</summary>
    /// <param name="model">The base.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="options">How it is put into weights; null for the defaults.</param>
    /// <exception cref="InvalidInputException">A place that the model has not, a direction of another width, a tensor that cannot be written.</exception>
    public static void Validate(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(edits);
        var weights = new EditedWeights(model, edits, options ?? new EditOptions());
        if (model.IsGguf) GgufEdit.Validate(model, weights);
        else _ = (weights.ByStoredName(), weights.Additions().Count());
    }

    private static EditReport WriteFolder(EditableModel model, EditedWeights weights, string target, bool overwrite, Action<string>? step, IProgress<long>? progress, CancellationToken cancellation)
    {
        var container = model.Container;
        var (edited, added) = (weights.ByStoredName(), weights.Additions().ToList());
        var shards = Plan(container, edited, added);
        var index = container.HasIndex ? Index(RegularFile.ReadAllBytes(Path.Combine(container.Folder, SafetensorsIndex.FileName), Checkpoint.MaxTextLength,
            "an index"), added, Path.GetFileName(container.Shards[^1].Path)) : null;
        var (others, leftOut) = OtherFiles(container);
        long bytes = 0;
        void Count(long more) => progress?.Report(bytes += more);
        using var folder = new AtomicFolder(target, overwrite, [container.Folder, .. model.Inputs], shards.Sum(s => s.Length) + others.Sum(f => new FileInfo(f.Path).Length)) { Step = step };
        foreach (var shard in shards) folder.Write(shard.FileName, stream => SafetensorsWriter.WriteTo(stream, shard.Header, shard.Tensors, Count, cancellation));
        if (index is not null) folder.Write(SafetensorsIndex.FileName, stream => stream.Write(index));
        foreach (var (relative, path) in others.Where(f => f.Relative != "config.json")) folder.Write(relative, stream => RegularFile.CopyTo(path, stream, Count, cancellation));
        var config = ConfigBytes(model, weights);
        folder.Write("config.json", stream => stream.Write(config));
        step?.Invoke("check");
        foreach (var (name, bytesOf) in new[] { ("config.json", config), (SafetensorsIndex.FileName, index) })
            if (bytesOf is not null && !File.ReadAllBytes(folder[name]).AsSpan().SequenceEqual(bytesOf)) throw new InvalidInputException($"{target}: {name} was read back otherwise than it was written. Nothing was left behind; check the disk.");
        var report = Check(model, weights, folder, target, others, leftOut, bytes, cancellation);
        folder.Commit();
        return report;
    }

    /// <summary>The base's own shards; additions go to the last one. A header is kept byte for byte where nothing is added.</summary>
    private static List<PlannedShard> Plan(Checkpoint container, Dictionary<string, EditedTensor> edited, List<EditedTensor> added)
    {
        var shards = new List<PlannedShard>();
        foreach (var shard in container.Shards)
        {
            var tensors = shard.Tensors.Select(t => edited.TryGetValue(t.Name, out var change) ? change.ToWrite(t.Shape) : TensorToWrite.From(t)).ToList();
            var isLast = ReferenceEquals(shard, container.Shards[^1]) && added.Count > 0;
            if (isLast) tensors.AddRange(added.Select(a => a.ToWrite(a.Source.Shape)));
            shards.Add(new PlannedShard(Path.GetFileName(shard.Path), tensors, isLast ? SafetensorsWriter.FormatHeader(tensors, shard.Metadata) : shard.RawHeader.ToArray()));
        }
        return shards;
    }

    private static byte[] ConfigBytes(EditableModel model, EditedWeights weights)
    {
        var path = Path.Combine(model.Container.Folder, "config.json");
        return !weights.UntiesHead && !model.HasAdapters && File.Exists(path) ? RegularFile.ReadAllBytes(path, Checkpoint.MaxTextLength, "a text file")
            : Encoding.UTF8.GetBytes(weights.ConfigJson);
    }

    /// <summary>The index with the additions; its bytes where there are none.</summary>
    private static byte[] Index(byte[] index, List<EditedTensor> added, string shard)
    {
        if (added.Count == 0) return index;
        var root = JsonNode.Parse(index)!.AsObject();
        foreach (var tensor in added) root["weight_map"]!.AsObject()[tensor.Name] = shard;
        if (root["metadata"] is JsonObject metadata && metadata["total_size"] is JsonValue total && total.TryGetValue<long>(out var size))
            metadata["total_size"] = size + added.Sum(a => a.ToWrite(a.Source.Shape).ByteLength);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true })) root.WriteTo(json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Files beside the weights, links to files followed; those that hold weights in another form are left out and told.</summary>
    private static (List<(string Relative, string Path)> Files, ImmutableArray<string> LeftOut) OtherFiles(Checkpoint container)
    {
        var own = container.Shards.Select(s => Path.GetFileName(s.Path)).Append(SafetensorsIndex.FileName).ToHashSet(StringComparer.Ordinal);
        var (files, leftOut) = (new List<(string, string)>(), new List<string>());
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(container.Folder)]);
        while (folders.TryPop(out var folder))
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }))
            {
                var relative = Path.GetRelativePath(container.Folder, entry.FullName);
                if (own.Contains(relative)) continue;
                var end = entry.LinkTarget is null ? entry : entry.ResolveLinkTarget(returnFinalTarget: true)!;
                if (end is DirectoryInfo)
                {
                    // Neither version control nor the hub's notes about a download are the model's.
                    if (entry.LinkTarget is null && entry.Name is not (".git" or ".cache")) folders.Push((DirectoryInfo)entry);
                    else leftOut.Add(relative);
                }
                else if (!end.Exists) throw new InvalidInputException($"{entry.FullName}: a link to something that is not there. The download is incomplete; fetch it again.");
                else if (HoldsWeights(entry.Name)) leftOut.Add(relative);
                else files.Add((relative, entry.FullName));
            }
        }
        files.Sort((a, b) => string.CompareOrdinal(a.Item1, b.Item1));
        return (files, [.. leftOut.Order(StringComparer.Ordinal)]);
    }

    private static bool HoldsWeights(string name) =>
        Array.Exists(WeightEndings, e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || name == SafetensorsIndex.FileName || name.StartsWith("pytorch_model", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal);

    /// <summary>Reads back what was written, before it gets its name.</summary>
    private static EditReport Check(EditableModel model, EditedWeights weights, AtomicFolder folder, string target, List<(string Relative, string Path)> others, ImmutableArray<string> leftOut, long bytes, CancellationToken cancellation)
    {
        var container = model.Container;
        // Computed anew: nothing is taken over from the writing.
        var (edited, added) = (weights.ByStoredName(), weights.Additions().ToDictionary(a => a.Name, StringComparer.Ordinal));
        var problems = new ProblemList();
        var checks = new List<EditedTensorCheck>();
        List<string> merged = [], additions = [], untouched = [];
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var files = new List<SafetensorsFile>();
        try
        {
            foreach (var shard in container.Shards)
            {
                var file = SafetensorsFile.Open(folder[Path.GetFileName(shard.Path)]);
                files.Add(file);
                if (!file.Metadata.SequenceEqual(shard.Metadata)) problems.Add($"{Path.GetFileName(shard.Path)}: the metadata differ from the base's.");
                foreach (var tensor in file.Tensors) saved.Add(tensor.Name, tensor);
            }
            foreach (var tensor in container.Tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!saved.TryGetValue(tensor.Name, out var now)) problems.Add($"tensor {ProblemList.Quote(tensor.Name)} is missing.");
                else if (now.DType != tensor.DType || !now.Shape.SequenceEqual(tensor.Shape)) problems.Add($"tensor {ProblemList.Quote(tensor.Name)} has another type or shape.");
                else if (!edited.TryGetValue(tensor.Name, out var promised))
                {
                    untouched.Add(tensor.Name);
                    if (!now.HoldsTheBytesOf(tensor)) problems.Add($"tensor {ProblemList.Quote(tensor.Name)} is not edited, and its bytes differ from the base's.");
                }
                else
                {
                    var check = SavedTensorCheck.Compare(now, promised, problems, cancellation);
                    if (promised.Change is null) merged.Add(tensor.Name);
                    else checks.Add(check);
                }
            }
            foreach (var name in saved.Keys.Where(n => !container.TryGet(n, out _)))
            {
                if (!added.TryGetValue(name, out var promised)) problems.Add($"tensor {ProblemList.Quote(name)} is in the file, and nobody asked for it.");
                else _ = SavedTensorCheck.Compare(saved[name], promised, problems, cancellation);
                additions.Add(name);
            }
            var config = ModelConfig.Parse(File.ReadAllText(folder["config.json"]));
            _ = config.Match(saved.Values, target);
            if (config.TiedHead && weights.UntiesHead) problems.Add("config.json still ties the head to the embedding.");
            foreach (var (relative, path) in others.Where(f => f.Relative != "config.json"))
                if (!SameFile(path, folder[relative])) problems.Add($"{relative}: differs from the base's.");
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        if (problems.Any) throw Failure(target, problems);
        return new EditReport(target, [.. checks], [.. merged], [.. additions], [.. untouched], leftOut, bytes);
    }

    /// <summary>An error that says that the file was written wrongly, with all that was found.</summary>
    internal static InvalidInputException Failure(string target, ProblemList problems)
    {
        try
        {
            problems.ThrowIfAny();
        }
        catch (InvalidInputException found)
        {
            return new InvalidInputException([$"{target}: what was read back after writing is not what was promised; nothing was left there. The disk may be failing; write to another one.", .. found.Problems]);
        }
        throw new InvalidOperationException("There are problems.");
    }

    private static bool SameFile(string first, string second)
    {
        using var a = RegularFile.OpenRead(first, "a file of the model");
        using var b = RegularFile.OpenRead(second, "a file of the model");
        if (a.Length != b.Length) return false;
        var (x, y) = (new byte[1 << 16], new byte[1 << 16]);
        while (a.ReadAtLeast(x, x.Length, throwOnEndOfStream: false) is > 0 and var count)
        {
            if (b.ReadAtLeast(y.AsSpan(0, count), count, throwOnEndOfStream: false) != count || !x.AsSpan(0, count).SequenceEqual(y.AsSpan(0, count))) return false;
        }
        return true;
    }
}
