using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Checkpoints;

/// <summary>One spelling for equal JSON values: keys in ordinal order, no white space, one spelling for each number and string.</summary>
/// <remarks>Numbers are equal where Python's would be: a literal without point and exponent is an exact integer, any other the nearest
/// float64; 1, 1.0 and 1e0 are equal, and so are 1e30 and 1000000000000000019884624838656.</remarks>
public static class CanonicalJson
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>The canonical spelling of a JSON text.</summary>
    /// <param name="json">One JSON value.</param>
    /// <param name="source">Name of its file for messages.</param>
    /// <param name="ignoredKeys">Keys of the outermost object to leave out; null for none.</param>
    /// <exception cref="InvalidInputException">Not valid JSON, a key twice in one object, or more than 64 levels.</exception>
    public static string Format(string json, string source, IReadOnlySet<string>? ignoredKeys = null)
    {
        using var document = Parse(json, source);
        return Format(document.RootElement, source, ignoredKeys);
    }

    /// <summary>The canonical spelling of a parsed value.</summary>
    /// <inheritdoc cref="Format(string, string, IReadOnlySet{string}?)"/>
    public static string Format(JsonElement value, string source, IReadOnlySet<string>? ignoredKeys = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            Write(value, writer, ignoredKeys);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException($"{source}: a string holds half of a surrogate pair, which is no text. Fetch the file again.", e);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Parses strictly: no comments, no trailing commas, no key twice in one object, at most 64 levels.</summary>
    /// <param name="json">One JSON value.</param>
    /// <param name="source">Name of its file for messages.</param>
    /// <exception cref="InvalidInputException">Anything else.</exception>
    public static JsonDocument Parse(string json, string source)
    {
        ArgumentNullException.ThrowIfNull(json);
        JsonSurrogates.Refuse(json, source);
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidInputException($"{source}: not valid JSON: {ProblemList.Quote(e.Message)}. Fetch the file again.", e);
        }
    }

    /// <summary>The canonical spelling of a number literal of JSON.</summary>
    internal static string FormatNumber(string literal)
    {
        if (literal.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            var value = double.Parse(literal, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (double.IsInfinity(value)) return value > 0 ? "1E+999" : "-1E+999";
            return value is >= long.MinValue and < 9223372036854775808.0 && value == Math.Truncate(value) ? ((long)value).ToString(CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);
        }
        if (literal == "-0") return "0";
        // An integer beyond int64 takes the float's spelling where it is that float's exact value.
        if (literal.Length is < 19 or > 310 || long.TryParse(literal, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return literal;
        var nearest = double.Parse(literal, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(nearest) && new BigInteger(nearest) == BigInteger.Parse(literal, CultureInfo.InvariantCulture) ? nearest.ToString("R", CultureInfo.InvariantCulture) : literal;
    }

    private static void Write(JsonElement value, Utf8JsonWriter writer, IReadOnlySet<string>? ignoredKeys)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    if (ignoredKeys?.Contains(property.Name) == true) continue;
                    writer.WritePropertyName(property.Name);
                    Write(property.Value, writer, null);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, writer, null);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(FormatNumber(value.GetRawText()));
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
