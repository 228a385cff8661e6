using System.Text.Json;
using Assay.Evaluation.Scoring;

namespace Assay.Runs;

/// <summary>A block of the score store as the journal names it.</summary>
internal static class JournalEntry
{
    /// <summary>Writes an entry.</summary>
    public static void Write(Utf8JsonWriter json, StoredBlock block)
    {
        json.WriteStartObject();
        json.WriteNumber("bytes", block.Length);
        json.WriteString("sha256", block.Hash);
        json.WriteEndObject();
    }

    /// <summary>The hash that an entry names; null where it names none.</summary>
    public static string? Hash(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("sha256", out var hash) && hash.ValueKind == JsonValueKind.String ? hash.GetString() : null;
}
