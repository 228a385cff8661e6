using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>JSON Schema (2020-12) of a verb's configuration file.</summary>
internal static class ConfigSchema
{
    /// <summary>Writes it.</summary>
    public static string Write(Command command) => JsonLines.Object(json =>
    {
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("title", $"Configuration file of assay {command.Name}");
        json.WriteString("description", command.Description);
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var key in ConfigKey.Of(command))
        {
            json.WriteStartObject(key.Name);
            json.WriteString("description", key.Description);
            if (key.Default is { } value)
            {
                json.WritePropertyName("default");
                if (key.Kind.Shape is OptionShape.Whole or OptionShape.Number or OptionShape.Switch) json.WriteRawValue(value);
                else json.WriteStringValue(value);
            }

            if (key.Kind.Shape == OptionShape.Mapping) Mapping(json, key.Kind);
            else if (key.Most > 1 || key.Kind.Shape == OptionShape.List) OneOrSeveral(json, key);
            else Value(json, key.Kind);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteBoolean("additionalProperties", false);
    }, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    private static void Mapping(Utf8JsonWriter json, OptionKind kind)
    {
        json.WriteString("type", "object");
        json.WriteNumber("minProperties", 1);
        json.WriteStartObject("properties");
        foreach (var field in kind.Fields)
        {
            json.WriteStartObject(field.Name);
            json.WriteString("description", $"{field.What}, {field.Unit}");
            json.WriteNumber("default", field.Default);
            json.WriteString("type", "number");
            json.WriteNumber("minimum", field.Least);
            json.WriteNumber("maximum", field.Most);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteBoolean("additionalProperties", false);
    }

    private static void OneOrSeveral(Utf8JsonWriter json, ConfigKey key)
    {
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        Value(json, key.Kind);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        Value(json, key.Kind);
        json.WriteEndObject();
        json.WriteNumber("minItems", 1);
        if (key.Most > 1) json.WriteNumber("maxItems", key.Most);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>Keywords of one value.</summary>
    private static void Value(Utf8JsonWriter json, OptionKind kind)
    {
        switch (kind.Shape)
        {
            case OptionShape.Whole:
                json.WriteString("type", "integer");
                json.WriteNumber("minimum", kind.Least);
                json.WriteNumber("maximum", kind.Most);
                break;
            case OptionShape.Number:
                json.WriteString("type", "number");
                break;
            case OptionShape.Switch:
                json.WriteString("type", "boolean");
                break;
            case OptionShape.Size:
                json.WriteStartArray("type");
                json.WriteStringValue("integer");
                json.WriteStringValue("string");
                json.WriteEndArray();
                json.WriteNumber("minimum", 1);
                break;
            default:
                json.WriteString("type", "string");
                break;
        }

        if (kind.Shape == OptionShape.Time) json.WriteString("format", "date-time");
        if (kind.Pattern is { } pattern) json.WriteString("pattern", pattern);
        if (kind.Choices.IsEmpty) return;
        json.WriteStartArray("enum");
        foreach (var word in kind.Choices) json.WriteStringValue(word);
        json.WriteEndArray();
    }
}
