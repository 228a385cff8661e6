using System.Text.Json;

namespace Assay.Checkpoints;

/// <summary><c>model.safetensors.index.json</c>: which shard holds which tensor.</summary>
internal sealed class SafetensorsIndex
{
    /// <summary>Its name in a model folder.</summary>
    public const string FileName = "model.safetensors.index.json";

    private SafetensorsIndex() { }

    /// <summary>Shard by tensor name.</summary>
    public Dictionary<string, string> WeightMap { get; } = new(StringComparer.Ordinal);

    /// <summary>Shard names, each once, in ordinal order, which for <c>model-00001-of-00004.safetensors</c> is their own.</summary>
    public IReadOnlyList<string> Shards => WeightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();

    /// <summary>Reads and checks the index. Its <c>metadata</c> (sizes, often wrong in published models) decides nothing and is not judged.</summary>
    /// <param name="json">The file's text in UTF-8.</param>
    /// <param name="file">Its name for messages.</param>
    /// <exception cref="InvalidInputException">Broken JSON, no weight_map, a name twice, or a shard name that is not a plain name; all problems at once.</exception>
    public static SafetensorsIndex Parse(ReadOnlySpan<byte> json, string file)
    {
        var index = new SafetensorsIndex();
        var problems = new ProblemList();
        try
        {
            index.Read(json, file, problems);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidInputException($"{file}: not valid JSON: {ProblemList.Quote(e.Message)}. Fetch the file again.", e);
        }
        problems.ThrowIfAny();
        return index;
    }

    private void Read(ReadOnlySpan<byte> json, string file, ProblemList problems)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new InvalidInputException($"{file}: an object with a weight_map is expected. Fetch the file again.");
        var maps = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMap = reader.ValueTextEquals("weight_map"u8);
            reader.Read();
            if (!isMap)
            {
                reader.Skip();
                continue;
            }
            if (++maps > 1) problems.Add($"{file}: weight_map is there twice; which one counts would be a guess. Fetch the file again.");
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                problems.Add($"{file}: weight_map is no object; one from tensor names to shard names is expected. Fetch the file again.");
                reader.Skip();
                continue;
            }
            ReadMap(ref reader, file, problems);
        }
        while (reader.Read()) { }
        if (maps == 0) problems.Add($"{file}: there is no weight_map; an object from tensor names to shard names is expected. Fetch the file again.");
    }

    private void ReadMap(ref Utf8JsonReader reader, string file, ProblemList problems)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                problems.Add($"{file}: the shard of {ProblemList.Quote(name)} is no string; a file name is expected. Fetch the file again.");
                reader.Skip();
                continue;
            }
            var shard = reader.GetString()!;
            if (!IsPlainName(shard))
                problems.Add($"{file}: the shard of {ProblemList.Quote(name)} is {ProblemList.Quote(shard)}; a plain file name is expected (no separator, no '..'), since shards lie beside the index. Do not trust this model.");
            else if (!shard.EndsWith(".safetensors", StringComparison.Ordinal))
                problems.Add($"{file}: the shard of {ProblemList.Quote(name)} is {ProblemList.Quote(shard)}; a .safetensors file is expected. Convert the model to safetensors.");
            if (!WeightMap.TryAdd(name, shard)) problems.Add($"{file}: {ProblemList.Quote(name)} is there twice; each tensor once is expected. Fetch the file again.");
        }
    }

    /// <summary>Whether a name of untrusted origin names a file in a folder and nothing outside it.</summary>
    public static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 255 && name is not "." and not ".." && name.IndexOfAny(['/', '\\', '\0', ':']) < 0;
}
