using System.Text;
using System.Text.Json;

namespace Assay.Directions.Edits;

/// <summary>A config.json whose head is no longer the embedding; every other byte is kept.</summary>
internal static class UntiedConfig
{
    private const string Key = "tie_word_embeddings";

    /// <summary>Sets <c>tie_word_embeddings</c> to false, of a multimodal config in its <c>text_config</c> too.</summary>
    public static string Cut(string json)
    {
        var result = Set(Encoding.UTF8.GetBytes(json), null);
        using var document = JsonDocument.Parse(result);
        if (document.RootElement.TryGetProperty("text_config", out var text) && text.ValueKind == JsonValueKind.Object) result = Set(result, "text_config");
        return Encoding.UTF8.GetString(result);
    }

    /// <summary>Replaces the value of the key, or puts the key first in the object.</summary>
    private static byte[] Set(byte[] json, string? inside)
    {
        var reader = new Utf8JsonReader(json);
        var depth = inside is null ? 1 : 2;
        var within = inside is null;
        long first = -1;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject && within && first < 0 && reader.CurrentDepth == depth - 1) first = reader.BytesConsumed;
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (!within && reader.CurrentDepth == 1 && reader.ValueTextEquals(inside)) within = true;
            else if (within && inside is not null && reader.CurrentDepth == 1) break;
            else if (within && reader.CurrentDepth == depth && reader.ValueTextEquals(Key))
            {
                reader.Read();
                return [.. json.AsSpan(0, (int)reader.TokenStartIndex), .. "false"u8, .. json.AsSpan((int)reader.BytesConsumed)];
            }
        }
        var isEmpty = json.AsSpan((int)first).TrimStart(" \t\r\n"u8).StartsWith("}"u8);
        return [.. json.AsSpan(0, (int)first), .. Encoding.UTF8.GetBytes($"\n  \"{Key}\": false{(isEmpty ? "" : ",")}"), .. json.AsSpan((int)first)];
    }
}
