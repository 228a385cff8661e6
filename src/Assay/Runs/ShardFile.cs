using System.Text.Json;
using Assay.Checkpoints;
using Assay.Reports;

namespace Assay.Runs;

/// <summary><c>shard.json</c> of a run folder that holds a part of a run: which part, of which run, and what was asked.</summary>
/// <param name="Run">Hash of the run.</param>
/// <param name="Shard">Which part.</param>
/// <param name="Request">What was asked; the models are named as they were given.</param>
internal sealed record ShardFile(string Run, RunShard Shard, VetRequest Request)
{
    /// <summary>Its name.</summary>
    public const string Name = "shard.json";

    private const string Schema = "assay-shard-1";
    private const long MostBytes = 1 << 20;

    /// <summary>The options that are kept: those that decide numbers.</summary>
    private static IEnumerable<VetOption> Kept => VetOptions.All.Where(o => o.Effect == OptionEffect.Numbers);

    /// <summary>The file's bytes.</summary>
    public byte[] Write() => ReportJson.Build(json =>
    {
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteString("run", Run);
        json.WriteNumber("shard", Shard.Index);
        json.WriteNumber("of", Shard.Count);
        json.WriteString("base", Request.Base);
        json.WriteString("candidate", Request.Candidate);
        json.WriteBoolean("bundled", Request.Bundled);
        // Values as text: JSON's readers elsewhere lose digits of 64 bits.
        json.WriteStartObject("options");
        foreach (var option in Kept)
        {
            var values = option.Write(Request);
            if (values.Count == 0) continue;
            json.WriteStartArray(option.Name);
            foreach (var value in values) json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>Reads the file of a folder.</summary>
    /// <exception cref="InvalidInputException">There is none, or it is no such file.</exception>
    public static ShardFile Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        var text = RegularFile.ReadText(path, MostBytes, "the shard.json of a part of a run");
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.GetProperty("schema").GetString() != Schema) throw new FormatException($"schema is not {Schema}");
            var shard = new RunShard(root.GetProperty("shard").GetInt32(), root.GetProperty("of").GetInt32());
            if (shard.Index < 1 || shard.Index > shard.Count) throw new FormatException($"shard {shard} is none");
            var request = new VetRequest
            {
                Base = root.GetProperty("base").GetString() ?? "", Candidate = root.GetProperty("candidate").GetString() ?? "", Bundled = root.GetProperty("bundled").GetBoolean(),
            };
            foreach (var given in root.GetProperty("options").EnumerateObject())
            {
                var option = Kept.FirstOrDefault(o => o.Name == given.Name) ?? throw new FormatException($"the option '{given.Name}' is not known");
                string[] values = [.. given.Value.EnumerateArray().Select(v => v.GetString() ?? "")];
                if (values.Length == 0 || (values.Length > 1 && !option.Repeats)) throw new FormatException(
                    $"the option '{given.Name}' has {values.Length} values");
                request = option.Read(request, values);
            }

            return new ShardFile(root.GetProperty("run").GetString() ?? "", shard, request);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException
            or InvalidInputException)
        {
            throw new InvalidInputException($"{path}: not a part of a run ({e.Message}).", e);
        }
    }
}
