using System.Collections.Immutable;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Reports;
using Assay.Search;

namespace Assay.Runs;

/// <summary>Candidates' scores in a run's journal, bit for bit.</summary>
/// <param name="journal">The journal, opened under the <see cref="SearchKey"/>; stays the caller's.</param>
public sealed class SearchJournal(RunJournal journal) : ISearchJournal
{
    /// <inheritdoc/>
    public CandidateScore? Find(string id)
    {
        if (!journal.TryFind(Key(id), out var value)) return null;
        try
        {
            return new CandidateScore(id, Numbers(value, "behaviour"), Numbers(value, "damage"));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidInputException($"journal.jsonl: the entry '{Key(id)}' is damaged ({e.Message}). Start anew with --fresh.", e);
        }
    }

    /// <inheritdoc/>
    public void Add(IReadOnlyList<CandidateScore> scores) => journal.Add([.. scores.Select(score => (Key(score.Id), (Action<Utf8JsonWriter>)(json =>
    {
        json.WriteStartObject();
        Numbers(json, "behaviour", score.Behaviour);
        Numbers(json, "damage", score.Damage);
        json.WriteEndObject();
    })))]);

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<string> ids) => journal.Sort(ids.Select(Key));

    private static string Key(string id) => "candidate/" + id;

    private static void Numbers(Utf8JsonWriter json, string name, ImmutableArray<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) ReportJson.WriteNumber(json, value);
        json.WriteEndArray();
    }

    private static ImmutableArray<double> Numbers(JsonElement value, string name) => [.. value.GetProperty(name).EnumerateArray().Select(ReportJson.ReadNumber)];
}
