using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>An edit as a file of a few kilobytes: directions, places, strengths, and the hash of the only base that it applies to. Applying it makes the merged checkpoint again, byte for byte.</summary>
/// <remarks>A safetensors file. <c>direction.I.vectors</c>, <c>.readouts</c> and <c>.offset</c> are float32; the metadata hold <c>format</c>, <c>base</c>, <c>base_hash</c> and
/// <c>plan</c>, JSON of the width, the options, where each direction was found, and the edits in order: a direction's number and places as [layer, writer, strength].</remarks>
/// <param name="Edits">The plan.</param>
/// <param name="Options">How it is put into weights.</param>
/// <param name="BaseHash">Hash of the base's weights and forward configuration (<see cref="EditableModel.Hash"/>).</param>
/// <param name="BaseName">What the base is called, for a reader.</param>
/// <param name="Width">d, of the base's residual stream.</param>
public sealed record EditFile(ImmutableArray<WeightEdit> Edits, EditOptions Options, string BaseHash, string BaseName, int Width)
{
    /// <summary>Name and version of the format.</summary>
    public const string Format = "assay.edit/2";

    // Bound to a hash over dtypes and names, which no model of today has.
    private const string FormerFormat = "assay.edit/1";

    private const int MostEdits = 4096;
    private const int MostPlaces = 1 << 16;
    private const int MostComponents = 4096;

    /// <summary>An edit of a model.</summary>
    /// <param name="model">The base; its weights are read once for their hash.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="options">How it is put into weights; null for the defaults.</param>
    public static EditFile For(EditableModel model, IEnumerable<WeightEdit> edits, EditOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new EditFile([.. edits], options ?? new EditOptions(), model.Hash(), model.Checkpoint.Name, model.Config.Spec.HiddenSize);
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">Must not exist unless overwritten.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="InvalidInputException">It exists, cannot be written, or what was read back is not this edit.</exception>
    public void Write(string path, bool overwrite = false) => Write(path, overwrite, null);

    /// <inheritdoc cref="Write(string, bool)"/>
    internal void Write(string path, bool overwrite, Action<string>? step)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var directions = Edits.Select(e => e.Direction).Distinct(ReferenceEqualityComparer.Instance).Cast<Direction>().ToList();
        var tensors = new List<TensorToWrite>();
        for (var i = 0; i < directions.Count; i++)
        {
            var (direction, width) = (directions[i], Width);
            tensors.Add(TensorToWrite.From($"direction.{i}.vectors", [direction.Vectors.Length / width, width], direction.Vectors.ToArray()));
            if (!direction.Readouts.IsDefaultOrEmpty) tensors.Add(TensorToWrite.From($"direction.{i}.readouts", [direction.Readouts.Length / width, width], direction.Readouts.ToArray()));
            if (!direction.Offset.IsDefaultOrEmpty) tensors.Add(TensorToWrite.From($"direction.{i}.offset", [width], direction.Offset.ToArray()));
        }
        var metadata = new OrderedDictionary<string, string> { ["format"] = Format, ["base"] = BaseName, ["base_hash"] = BaseHash, ["plan"] = Plan(directions) };
        RegularFile.RequireTarget(path, overwrite);
        if (File.Exists(path)) RequireEdit(path);
        AtomicFile.Write(path, stream => SafetensorsWriter.WriteTo(stream, SafetensorsWriter.FormatHeader(tensors, metadata), tensors, null,
            CancellationToken.None), overwrite, written => Check(written, path), step);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">Broken, of another format or version; all problems.</exception>
    public static EditFile Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        string Metadata(string key) => file.Metadata.TryGetValue(key, out var value) ? value
            : throw new InvalidInputException($"{path}: the metadata have no '{key}'; a file that 'assay directions -o' wrote is expected.");
        var format = Metadata("format");
        if (format == FormerFormat)
            throw new InvalidInputException(
                $"{path}: the format is '{FormerFormat}', which names its base by a hash that is no longer taken (protocol version 1, over stored types and " +
                $"names); '{Format}' is expected. " +
                "Whether a model is its base can no longer be told: find the direction again ('assay directions … -o'), or apply the file with the version " +
                    "of assay that wrote it.");
        if (format != Format) throw new InvalidInputException($"{path}: the format is {ProblemList.Quote(format)}; expected '{Format}'. Use the version of assay that wrote it, or write it again.");
        try
        {
            using var plan = JsonDocument.Parse(Metadata("plan"), new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            var root = plan.RootElement;
            var options = new EditOptions { PreserveNorms = root.GetProperty("preserve_norms").GetBoolean(), InputSide = root.GetProperty("input_side").GetBoolean(), KeepTiedHead = root.GetProperty("keep_tied_head").GetBoolean() };
            var directions = root.GetProperty("directions");
            if (directions.GetArrayLength() > MostEdits || root.GetProperty("edits").GetArrayLength() > MostEdits) throw new InvalidInputException($"{path}: more than {MostEdits} edits. This is no file of ours.");
            Direction[] known = [.. directions.EnumerateArray().Select((d, i) => ReadDirection(file, d, i))];
            var width = root.GetProperty("width").GetInt32();
            for (var i = 0; i < known.Length; i++)
            {
                var (vectors, readouts, offset) = (known[i].Vectors.Length, known[i].Readouts.Length, known[i].Offset.Length);
                if (width < 1 || vectors % width != 0 || vectors / width is not (> 0 and <= MostComponents) || vectors / width > width || readouts != 0 && readouts != vectors || offset != 0 && offset != width)
                    throw new InvalidInputException($"{path}: direction {i} has {vectors} elements, read-outs of {readouts} and an offset of {offset}; whole rows of {width} are expected, at most {MostComponents}, with as many read-outs or none. Write the file again.");
            }

            ImmutableArray<WeightEdit> edits = [.. root.GetProperty("edits").EnumerateArray().Select(e => ReadEdit(e, known, path))];
            if (edits.IsEmpty) throw new InvalidInputException($"{path}: holds no edit. Write the file again.");
            return new EditFile(edits, options, Metadata("base_hash"), Metadata("base"), width);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidInputException($"{path}: the plan in the metadata is broken: {ProblemList.Quote(e.Message)}. Write the file again.", e);
        }
    }

    /// <summary>Writes the merged checkpoint: the same bytes wherever this is done.</summary>
    /// <param name="model">The base.</param>
    /// <param name="target">A folder, or a file for GGUF, as <see cref="MergedCheckpoint"/> takes it.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="progress">Bytes written.</param>
    /// <param name="cancellation">Leaves nothing behind.</param>
    /// <exception cref="InvalidInputException">The model is another one than the edit's base, or it cannot be written.</exception>
    public EditReport Apply(EditableModel model, string target, bool overwrite = false, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        RequireBase(model);
        return MergedCheckpoint.Write(model, Edits, target, Options, overwrite, progress, cancellation);
    }

    /// <summary>Refuses every model but the base.</summary>
    /// <param name="model">A model; its weights are read once for their hash.</param>
    /// <exception cref="InvalidInputException">Another model, or the same with other weights or another configuration.</exception>
    public void RequireBase(EditableModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Hash() != BaseHash)
            throw new InvalidInputException($"{model.Checkpoint.Path}: its weights have the hash {model.Hash()[..16]}…; the edit is of {ProblemList.Quote(BaseName)} with {ProblemList.Quote(BaseHash.Length > 16 ? BaseHash[..16] + "…" : BaseHash)}. " +
                "A direction found on one model says nothing about another: find it again on this one.");
    }

    private string Plan(List<Direction> directions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("width", Width);
            json.WriteBoolean("preserve_norms", Options.PreserveNorms);
            json.WriteBoolean("input_side", Options.InputSide);
            json.WriteBoolean("keep_tied_head", Options.KeepTiedHead);
            json.WriteStartArray("directions");
            foreach (var direction in directions)
            {
                json.WriteStartObject();
                json.WriteString("estimator", direction.Estimator);
                if (direction.Site is { } site)
                {
                    json.WriteNumber("layer", site.Layer);
                    json.WriteString("point", site.Point.ToString());
                }
                if (direction.Position is { } position) json.WriteNumber("position", position);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("edits");
            foreach (var edit in Edits)
            {
                json.WriteStartObject();
                json.WriteNumber("direction", directions.FindIndex(d => ReferenceEquals(d, edit.Direction)));
                json.WriteStartArray("places");
                foreach (var place in edit.Places)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue(place.Writer == ResidualWriter.Embedding ? -1 : place.Layer);
                    json.WriteStringValue(Spell(place.Writer));
                    // The shortest text that reads as the same double.
                    json.WriteRawValue(place.Strength.ToString("R", CultureInfo.InvariantCulture));
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Direction ReadDirection(SafetensorsFile file, JsonElement json, int index)
    {
        ImmutableArray<float> Values(string part, bool required)
        {
            var name = $"direction.{index}.{part}";
            if (file.Tensors.FirstOrDefault(t => t.Name == name) is not { } tensor)
                return required ? throw new InvalidInputException($"{file.Path}: there is no tensor '{name}', which the plan needs. Write the file again.") : [];
            if (tensor.DType != DType.F32 || tensor.Count > 1 << 28) throw new InvalidInputException($"{file.Path}: tensor '{name}' has {tensor.Count} elements of {tensor.DType.FormatName()}; directions are F32.");
            var values = new float[tensor.Count];
            tensor.Read(0, values);
            return [.. values];
        }
        return new Direction
        {
            Estimator = json.GetProperty("estimator").GetString()!,
            Vectors = Values("vectors", required: true),
            Readouts = Values("readouts", required: false),
            Offset = Values("offset", required: false),
            Site = json.TryGetProperty("layer", out var layer) ? new Site(layer.GetInt32(), Point(json.GetProperty("point").GetString())) : null,
            Position = json.TryGetProperty("position", out var position) ? position.GetInt32() : null,
        };
    }

    private static WeightEdit ReadEdit(JsonElement json, Direction[] directions, string path)
    {
        var places = json.GetProperty("places");
        if (places.GetArrayLength() > MostPlaces) throw new InvalidInputException($"{path}: more than {MostPlaces} places. This is no file of ours.");
        ImmutableArray<EditPlace> list = [.. places.EnumerateArray().Select(p => new EditPlace(p[0].GetInt32(), Parse(p[1].GetString(), path), p[2].GetDouble()))];
        if (list.DistinctBy(p => (p.Layer, p.Writer)).Count() < list.Length) throw new InvalidInputException($"{path}: an edit names a place twice. Write the file again.");
        return new WeightEdit(directions[json.GetProperty("direction").GetInt32()], list);
    }

    /// <summary>Holds what was written, as the reader reads it, against this edit, field by field.</summary>
    private void Check(string written, string path)
    {
        var problems = new ProblemList();
        try
        {
            var read = Read(written);
            void Same(bool same, string what)
            {
                if (!same) problems.Add($"{what}: read back otherwise than it is.");
            }

            Same((read.BaseHash, read.BaseName, read.Width) == (BaseHash, BaseName, Width), "the base");
            Same(read.Options == Options, "the options");
            Same(read.Edits.Length == Edits.Length, "the number of edits");
            foreach (var (index, (mine, theirs)) in Edits.Zip(read.Edits).Index())
            {
                var (a, b) = (mine.Direction, theirs.Direction);
                Same(a.Estimator == b.Estimator && a.Site == b.Site && a.Position == b.Position, $"the origin of edit {index}'s direction");
                Same(SameBits(a.Vectors, b.Vectors) && SameBits(a.Readouts, b.Readouts) && SameBits(a.Offset, b.Offset), $"the direction of edit {index}");
                // The embedding has no layer, whatever a plan calls it.
                Same(mine.Places.Select(p => p.Writer == ResidualWriter.Embedding ? p with { Layer = -1 } : p).SequenceEqual(theirs.Places), $"the places of edit {index}");
            }
        }
        catch (InvalidInputException broken)
        {
            problems.Add(broken);
        }

        if (problems.Any) throw MergedCheckpoint.Failure(path, problems);
    }

    private static bool SameBits(ImmutableArray<float> a, ImmutableArray<float> b) =>
        MemoryMarshal.AsBytes(a.IsDefault ? [] : a.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(b.IsDefault ? [] : b.AsSpan()));

    /// <summary>Only an edit is replaced by an edit: a path mistaken may be a model's weights.</summary>
    private static void RequireEdit(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            if (file.Metadata.GetValueOrDefault("format")?.StartsWith("assay.edit/", StringComparison.Ordinal) == true) return;
        }
        catch (InvalidInputException)
        {
            // Something else; told below.
        }

        throw new InvalidInputException($"{path}: is no edit file, and nothing else is replaced by one. Choose another target.");
    }

    private static SitePoint Point(string? text) => Enum.TryParse<SitePoint>(text, out var point) && Enum.IsDefined(point) && !char.IsAsciiDigit(text![0]) ? point : throw new FormatException($"'{text}' is no site");

    private static string Spell(ResidualWriter writer) => writer switch { ResidualWriter.Embedding => "embedding", ResidualWriter.Attention => "attention", _ => "mlp" };

    private static ResidualWriter Parse(string? text, string path) => text switch
    {
        "embedding" => ResidualWriter.Embedding,
        "attention" => ResidualWriter.Attention,
        "mlp" => ResidualWriter.Mlp,
        _ => throw new InvalidInputException($"{path}: a place is {ProblemList.Quote(text ?? "null")}; embedding, attention or mlp is expected."),
    };
}
