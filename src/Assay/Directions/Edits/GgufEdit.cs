using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;

namespace Assay.Directions.Edits;

/// <summary>Edits GGUF files of float types: the same header, metadata and offsets, the bytes of edited tensors overwritten.</summary>
internal static class GgufEdit
{
    /// <summary>Writes the edited file, or a split model's files into a folder.</summary>
    /// <inheritdoc cref="MergedCheckpoint.Write(EditableModel, IReadOnlyList{WeightEdit}, string, EditOptions?, bool, IProgress{long}?, CancellationToken)"/>
    public static EditReport Write(EditableModel model, EditedWeights weights, string target, bool overwrite, Action<string>? step, IProgress<long>? progress, CancellationToken cancellation)
    {
        var edited = Places(model, weights);
        // All parts of a split model, also one that holds metadata alone.
        var files = GgufModel.Parts(model.Checkpoint.Tensors.Select(t => Physical(t).Place?.Path).OfType<string>().First());
        long bytes = 0;
        void Count(long more) => progress?.Report(bytes += more);
        if (files.Count == 1 && target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            RegularFile.RequireTarget(target, overwrite);
            InputPaths.RequireApart(target, model.Inputs);
            EditReport? report = null;
            AtomicFile.Write(target, stream => Fill(stream, files[0], edited, Count, cancellation), overwrite,
                written => report = Check(model, Places(model, weights), [(files[0], written)], target, bytes, cancellation), step);
            return report!;
        }
        using var folder = new AtomicFolder(target, overwrite, model.Inputs, files.Sum(f => new FileInfo(f).Length)) { Step = step };
        foreach (var file in files) folder.Write(Path.GetFileName(file), stream => Fill(stream, file, edited, Count, cancellation));
        step?.Invoke("check");
        var result = Check(model, Places(model, weights), [.. files.Select(f => (f, folder[Path.GetFileName(f)]))], target, bytes, cancellation);
        folder.Commit();
        return result;
    }

    /// <summary>Refuses what a file cannot take.</summary>
    public static void Validate(EditableModel model, EditedWeights weights) => Places(model, weights);

    /// <summary>The tensor as the file holds it: what GPT-2's converter transposed is (out, in) there.</summary>
    internal static Tensor Physical(Tensor tensor) => tensor.TransposeOf ?? tensor;

    private static List<(Tensor Stored, EditedTensor Edited)> Places(EditableModel model, EditedWeights weights)
    {
        var problems = new ProblemList();
        var places = new List<(Tensor, EditedTensor)>();
        foreach (var (canonical, change) in weights.Changes)
        {
            var tensor = model.Weights[canonical];
            var stored = Physical(tensor);
            if (!StoredValues.CanStore(stored.DType))
                problems.Add($"{model.Checkpoint.Path}: tensor {ProblemList.Quote(stored.Name)} has dtype {stored.DType.FormatName()}, which is not written: rounding an edit to it would change more than the edit. Edit the float model and quantise the result.");
            else if (stored.Place is null)
                problems.Add($"{model.Checkpoint.Path}: tensor {ProblemList.Quote(canonical)} stands in the file in another order, which an edit does not undo. Edit the checkpoint that the file was made from.");
            else
            {
                var flipped = ReferenceEquals(stored, tensor) ? change : change with { Axis = change.Axis == ResidualAxis.Rows ? ResidualAxis.Columns : ResidualAxis.Rows };
                places.Add((stored, new EditedTensor(stored.Name, stored, stored.DType, flipped)));
            }
        }
        problems.ThrowIfAny();
        return places;
    }

    private static void Fill(FileStream stream, string source, List<(Tensor Stored, EditedTensor Edited)> edited, Action<long> count, CancellationToken cancellation)
    {
        RegularFile.CopyTo(source, stream, count, cancellation);
        var block = new byte[1 << 18];
        foreach (var (stored, change) in edited)
        {
            if (stored.Place is not { } place || place.Path != source) continue;
            stream.Position = place.Offset;
            for (long offset = 0; offset < stored.ByteLength; offset += block.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = block.AsSpan(0, (int)Math.Min(block.Length, stored.ByteLength - offset));
                change.ReadBytes(offset, part);
                stream.Write(part);
            }
        }
    }

    private static EditReport Check(EditableModel model, List<(Tensor Stored, EditedTensor Edited)> edited, ImmutableArray<(string Base, string Saved)> files, string target, long bytes, CancellationToken cancellation)
    {
        var problems = new ProblemList();
        var checks = new List<EditedTensorCheck>();
        foreach (var (source, path) in files)
        {
            using var saved = GgufFile.Open(path);
            var here = edited.Where(e => e.Stored.Place!.Value.Path == source).OrderBy(e => e.Stored.Place!.Value.Offset).ToList();
            foreach (var (stored, promised) in here)
            {
                var whole = saved.Tensors.FirstOrDefault(t => t.Place!.Value.Offset <= stored.Place!.Value.Offset && stored.Place!.Value.Offset + stored.ByteLength <= t.Place!.Value.Offset + t.ByteLength);
                if (whole is null || whole.DType != stored.DType) problems.Add($"tensor {ProblemList.Quote(stored.Name)} is not where the base has it.");
                else checks.Add(SavedTensorCheck.Compare(whole.Part(stored.Name, (stored.Place!.Value.Offset - whole.Place!.Value.Offset) / (stored.DType.Bits() / 8), stored.Shape), promised, problems, cancellation));
            }
            if (!SameBetween(source, path, here.Select(e => (e.Stored.Place!.Value.Offset, e.Stored.ByteLength)), cancellation)) problems.Add($"{Path.GetFileName(path)}: bytes outside the edited tensors differ from the base's.");
        }
        if (problems.Any) throw MergedCheckpoint.Failure(target, problems);
        var names = edited.Select(e => e.Edited.Name).ToHashSet(StringComparer.Ordinal);
        return new EditReport(target, [.. checks], [], [], [.. model.Checkpoint.Tensors.Select(t => Physical(t).Name).Where(n => !names.Contains(n))], [], bytes);
    }

    /// <summary>Whether two files are the same outside some ranges.</summary>
    private static bool SameBetween(string first, string second, IEnumerable<(long Offset, long Length)> ranges, CancellationToken cancellation)
    {
        using var a = RegularFile.OpenRead(first, "a GGUF file");
        using var b = RegularFile.OpenRead(second, "a GGUF file");
        if (a.Length != b.Length) return false;
        var (x, y) = (new byte[1 << 18], new byte[1 << 18]);
        long at = 0;
        foreach (var (offset, length) in ranges.Append((a.Length, 0)))
        {
            a.Position = b.Position = at;
            for (; at < offset; at += x.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = (int)Math.Min(x.Length, offset - at);
                a.ReadExactly(x, 0, count);
                b.ReadExactly(y, 0, count);
                if (!x.AsSpan(0, count).SequenceEqual(y.AsSpan(0, count))) return false;
            }
            at = offset + length;
        }
        return true;
    }
}
