using System.Globalization;
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
        json.WriteString("tier", Request.Tier.Name);
        Number("items", Request.Items);
        Number("documents", Request.DocumentsPerDomain);
        Number("max_new_tokens", Request.MaxNewTokens);
        Number("samples", Request.Samples);
        Number("context", Request.Context);
        Number("limit", Request.Limit);
        // As text: JSON's readers elsewhere lose digits of 64 bits.
        if (Request.Seed is { } seed) json.WriteString("seed", seed.ToString(CultureInfo.InvariantCulture));
        if (Request.Nonce is { } nonce) json.WriteString("nonce", nonce);
        json.WriteString("clock", Request.Clock.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));
        json.WriteBoolean("allow_long", Request.AllowLong);
        json.WriteStartArray("measures");
        foreach (var id in Request.Measures) json.WriteStringValue(id);
        json.WriteEndArray();
        json.WriteEndObject();

        void Number(string name, int? value)
        {
            if (value is { } number) json.WriteNumber(name, number);
        }
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
            var tier = VetTier.All.FirstOrDefault(t => t.Name == root.GetProperty("tier").GetString()) ?? throw new FormatException("the tier is not known");
            var shard = new RunShard(root.GetProperty("shard").GetInt32(), root.GetProperty("of").GetInt32());
            if (shard.Index < 1 || shard.Index > shard.Count) throw new FormatException($"shard {shard} is none");
            return new ShardFile(root.GetProperty("run").GetString() ?? "", shard, new VetRequest
            {
                Base = root.GetProperty("base").GetString() ?? "", Candidate = root.GetProperty("candidate").GetString() ?? "", Bundled = root.GetProperty("bundled").GetBoolean(),
                Tier = tier, Items = Number("items"), DocumentsPerDomain = Number("documents"), MaxNewTokens = Number("max_new_tokens"), Samples = Number("samples"),
                Context = Number("context"), Limit = Number("limit"),
                Seed = root.TryGetProperty("seed", out var seed) ? ulong.Parse(seed.GetString() ?? "", CultureInfo.InvariantCulture) : null,
                Nonce = root.TryGetProperty("nonce", out var nonce) ? nonce.GetString() : null,
                Clock = DateTimeOffset.Parse(root.GetProperty("clock").GetString() ?? "", CultureInfo.InvariantCulture),
                AllowLong = root.GetProperty("allow_long").GetBoolean(), Measures = [.. root.GetProperty("measures").EnumerateArray().Select(m => m.GetString() ?? "")],
            });

            int? Number(string name) => root.TryGetProperty(name, out var value) ? value.GetInt32() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidInputException($"{path}: not a part of a run ({e.Message}).", e);
        }
    }
}
