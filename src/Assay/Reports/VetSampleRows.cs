using System.Text.Json;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;

namespace Assay.Reports;

/// <summary>The lines of samples.jsonl: an item of a set with every token's scores, read from the store line by line.</summary>
public static class VetSampleRows
{
    private static readonly (string Name, ScoreColumns Column)[] s_numbers =
    [
        ("kl", ScoreColumns.Kl), ("reverse_kl", ScoreColumns.ReverseKl), ("jsd", ScoreColumns.Jsd), ("log_p", ScoreColumns.LogP), ("log_q", ScoreColumns.LogQ),
        ("entropy_p", ScoreColumns.EntropyP), ("entropy_q", ScoreColumns.EntropyQ), ("top_p", ScoreColumns.TopP), ("top_q", ScoreColumns.TopQ),
        ("argmax_p", ScoreColumns.ArgmaxP), ("argmax_q", ScoreColumns.ArgmaxQ),
    ];

    /// <summary>Sets in the order of the plan, items in theirs.</summary>
    /// <param name="store">The scores.</param>
    /// <param name="needs">Which sets, with the columns that were kept.</param>
    /// <param name="panels">What the items say.</param>
    /// <param name="decode">Ids to text.</param>
    public static IEnumerable<Action<Utf8JsonWriter>> Of(ScoreStore store, IReadOnlyList<SetNeed> needs, Panels panels, Func<IReadOnlyList<int>, string> decode)
    {
        foreach (var need in needs)
        {
            var texts = panels.Items(need.Set.Panel).ToDictionary(i => i.Item, i => i.Text, StringComparer.Ordinal);
            foreach (var name in store.Items(need.Set))
                if (store.Contains(ScoreStore.ScoreKey(need.Set, name))) yield return json => Write(json, store, need, name, texts[name], decode);
        }
    }

    private static void Write(Utf8JsonWriter json, ScoreStore store, SetNeed need, string name, string text, Func<IReadOnlyList<int>, string> decode)
    {
        var item = store.Contexts(need.Set, name);
        var reference = need.Set is { Policy: Policy.Reference, IsChoices: false };
        json.WriteStartObject();
        json.WriteString("id", name);
        json.WriteString("set", need.Set.Key);
        json.WriteString(reference ? "domain" : "stratum", item.Stratum);
        if (reference) json.WriteNumber("bytes", item.Bytes);
        else json.WriteString("prompt", text);
        json.WriteStartArray("contexts");
        foreach (var context in item.Contexts)
        {
            json.WriteStartObject();
            Ids(json, "tokens", context.Ids);
            json.WriteNumber("first_scored", context.FirstScored);
            if (!reference)
            {
                json.WriteString("answer", decode([.. context.Ids[context.FirstScored..]]));
                if (!need.Set.IsChoices) json.WriteBoolean("ended", context.Stopped);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        foreach (var (key, column) in s_numbers)
        {
            if (!need.Columns.HasFlag(column)) continue;
            json.WriteStartArray(key);
            foreach (var value in store.Column(ScoreStore.ScoreKey(need.Set, name), column)) ReportJson.WriteNumber(json, value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Ids(Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}
