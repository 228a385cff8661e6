using System.Text.Json;

namespace Assay.Evaluation.Prompts;

/// <summary>The reply is one JSON value that keeps to a schema and says the expected. It may stand in one fenced block (<c>```json</c>) with nothing around
/// it.</summary>
/// <remarks>Of JSON Schema (draft 2020-12) these keywords count: <c>type</c> (one name), <c>properties</c>, <c>required</c>, <c>additionalProperties:
/// false</c>, <c>items</c>, <c>minItems</c>, <c>maxItems</c>, <c>enum</c> of strings, <c>minimum</c>, <c>maximum</c>. A schema with any other is refused, so
/// that no rule is passed over. A key that stands twice is no valid answer.</remarks>
/// <param name="Schema">The schema, as JSON.</param>
/// <param name="Expected">What has to be said, as JSON, or null if anything that fits the schema will do. Objects are equal whatever the order of their keys,
/// numbers by value.</param>
public sealed record JsonAnswer(string Schema, string? Expected) : AnswerCheck
{
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private static readonly string[] s_known = ["type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "enum", "minimum",
        "maximum"];

    /// <inheritdoc/>
    public override string Summary => Expected is null ? "is JSON that fits the schema" : "is JSON that fits the schema and says the expected";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The schema has a keyword that is not known here.</exception>
    public override bool Holds(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        using var schema = JsonDocument.Parse(Schema, s_strict);
        try
        {
            using var said = JsonDocument.Parse(Unfenced(reply), s_strict);
            if (!Fits(said.RootElement, schema.RootElement)) return false;
            if (Expected is null) return true;
            using var expected = JsonDocument.Parse(Expected, s_strict);
            return JsonElement.DeepEquals(said.RootElement, expected.RootElement);
        }
        // Half of a surrogate pair is found when a text is read.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Unfenced(string reply)
    {
        var text = reply.Trim();
        if (!text.StartsWith("```", StringComparison.Ordinal) || !text.EndsWith("```", StringComparison.Ordinal)) return text;
        var begin = text.IndexOf('\n', StringComparison.Ordinal);
        return begin < 0 || begin > text.Length - 3 ? text : text[(begin + 1)..^3];
    }

    private static bool Fits(JsonElement value, JsonElement schema)
    {
        foreach (var rule in schema.EnumerateObject())
            if (!s_known.Contains(rule.Name)) throw new ArgumentException(
                $"The schema's keyword '{rule.Name}' is not known; known are {string.Join(", ", s_known)}.");
        if (schema.TryGetProperty("type", out var type) && !IsOf(value, type.GetString()!)) return false;
        if (schema.TryGetProperty("enum", out var names) && !names.EnumerateArray().Any(n => JsonElement.DeepEquals(n, value))) return false;
        return value.ValueKind switch
        {
            JsonValueKind.Number => (!schema.TryGetProperty("minimum", out var least) || value.GetDouble() >= least.GetDouble())
                && (!schema.TryGetProperty("maximum", out var most) || value.GetDouble() <= most.GetDouble()),
            JsonValueKind.Array => (!schema.TryGetProperty("minItems", out var fewest) || value.GetArrayLength() >= fewest.GetInt32())
                && (!schema.TryGetProperty("maxItems", out var many) || value.GetArrayLength() <= many.GetInt32())
                && (!schema.TryGetProperty("items", out var item) || value.EnumerateArray().All(v => Fits(v, item))),
            JsonValueKind.Object => ObjectFits(value, schema),
            _ => true,
        };
    }

    private static bool ObjectFits(JsonElement value, JsonElement schema)
    {
        if (schema.TryGetProperty("required", out var required) && !required.EnumerateArray()
            .All(r => value.TryGetProperty(r.GetString()!, out _))) return false;
        var closed = schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;
        var known = schema.TryGetProperty("properties", out var properties);
        foreach (var property in value.EnumerateObject())
        {
            if (known && properties.TryGetProperty(property.Name, out var own))
            {
                if (!Fits(property.Value, own)) return false;
            }
            else if (closed) return false;
        }

        return true;
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new ArgumentException($"The schema's type '{type}' is not known."),
    };
}
