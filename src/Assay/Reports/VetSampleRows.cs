using System.Text.Json;
using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Reports;

/// <summary>The lines of samples.jsonl: an item or document with every token's measures.</summary>
public static class VetSampleRows
{
    private static readonly (string Name, Func<TokenScore, double> Of)[] Numbers =
    [
        ("kl", s => s.Kl), ("reverse_kl", s => s.ReverseKl), ("jsd", s => s.Jsd), ("log_p", s => s.LogP), ("log_q", s => s.LogQ),
        ("entropy_p", s => s.EntropyP), ("entropy_q", s => s.EntropyQ), ("top_p", s => s.TopP), ("top_q", s => s.TopQ),
    ];

    /// <summary>Items first, then documents, in the order of the plan.</summary>
    /// <param name="samples">What was measured.</param>
    /// <param name="decode">Ids to text.</param>
    public static IEnumerable<Action<Utf8JsonWriter>> Of(VetSamples samples, Func<int[], string> decode) =>
        samples.Items.Select<VetItem, Action<Utf8JsonWriter>>(item => json =>
        {
            json.WriteStartObject();
            json.WriteString("id", item.Id);
            json.WriteString("panel", item.Panel);
            json.WriteString("stratum", item.Stratum);
            json.WriteString("policy", "R1 greedy");
            json.WriteString("prompt", item.Prompt);
            Ids(json, "prompt_tokens", item.PromptTokens);
            json.WriteString("answer", decode(item.Continuation));
            json.WriteBoolean("ended", item.Stopped);
            Scores(json, item.Scores);
            json.WriteEndObject();
        }).Concat(samples.Documents.Select<VetDocument, Action<Utf8JsonWriter>>(document => json =>
        {
            json.WriteStartObject();
            json.WriteString("id", document.Id);
            json.WriteString("domain", document.Domain);
            json.WriteString("policy", "R0");
            json.WriteNumber("bytes", document.Bytes);
            Ids(json, "tokens", document.Tokens);
            Scores(json, document.Scores);
            json.WriteEndObject();
        }));

    private static void Scores(Utf8JsonWriter json, TokenScore[] scores)
    {
        Ids(json, "scored", scores.Select(s => s.Token));
        foreach (var (name, of) in Numbers)
        {
            json.WriteStartArray(name);
            foreach (var score in scores) ReportJson.WriteNumber(json, of(score));
            json.WriteEndArray();
        }

        Ids(json, "argmax_p", scores.Select(s => s.ArgmaxP));
        Ids(json, "argmax_q", scores.Select(s => s.ArgmaxQ));
    }

    private static void Ids(Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}
