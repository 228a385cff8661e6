using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Reports;

/// <summary>Items and documents of a comparison in a run's journal.</summary>
/// <param name="journal">The journal; stays the caller's.</param>
public sealed class VetJournal(RunJournal journal) : IVetJournal
{
    /// <inheritdoc/>
    public VetItem? FindItem(string id) => Find("item/" + id, v => new VetItem(id, Text(v, "panel"), Text(v, "stratum"), Text(v, "prompt"), Ids(v, "prompt_tokens"), Ids(v, "continuation"),
        v.GetProperty("stopped").GetBoolean(), Scores(v)));

    /// <inheritdoc/>
    public VetDocument? FindDocument(string id) => Find("document/" + id, v => new VetDocument(id, Text(v, "domain"), v.GetProperty("bytes").GetInt32(), Ids(v, "tokens"), Scores(v)));

    /// <inheritdoc/>
    public void Add(VetItem item) => journal.Add("item/" + item.Id, json =>
    {
        json.WriteStartObject();
        json.WriteString("panel", item.Panel);
        json.WriteString("stratum", item.Stratum);
        json.WriteString("prompt", item.Prompt);
        Ids(json, "prompt_tokens", item.PromptTokens);
        Ids(json, "continuation", item.Continuation);
        json.WriteBoolean("stopped", item.Stopped);
        Scores(json, item.Scores);
        json.WriteEndObject();
    });

    /// <inheritdoc/>
    public void Add(VetDocument document) => journal.Add("document/" + document.Id, json =>
    {
        json.WriteStartObject();
        json.WriteString("domain", document.Domain);
        json.WriteNumber("bytes", document.Bytes);
        Ids(json, "tokens", document.Tokens);
        Scores(json, document.Scores);
        json.WriteEndObject();
    });

    private T? Find<T>(string key, Func<JsonElement, T> read) where T : class
    {
        if (!journal.TryFind(key, out var value)) return null;
        try
        {
            return read(value);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException or ArgumentException)
        {
            throw new InvalidInputException($"journal.jsonl: the entry '{key}' is damaged ({e.Message}). Start anew with --fresh.", e);
        }
    }

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    private static int[] Ids(JsonElement value, string name) => [.. value.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];

    private static TokenScore[] Scores(JsonElement value) => [.. value.GetProperty("scores").EnumerateArray().Select(TokenScoreJson.Read)];

    private static void Ids(Utf8JsonWriter json, string name, int[] ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    private static void Scores(Utf8JsonWriter json, TokenScore[] scores)
    {
        json.WriteStartArray("scores");
        foreach (var score in scores) TokenScoreJson.Write(json, score);
        json.WriteEndArray();
    }
}
