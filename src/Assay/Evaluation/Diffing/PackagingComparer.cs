using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Evaluation.Diffing;

/// <summary>Compares what two model folders hold beside their weights.</summary>
internal static class PackagingComparer
{
    private const int MostValues = 100;
    private const int MostTokens = 5;
    private const int LongestValue = 200;
    private const int MostDepth = 6;

    /// <summary>Compares two folders.</summary>
    /// <exception cref="InvalidInputException">A file is not valid JSON.</exception>
    public static PackagingDifference Compare(Checkpoint original, Checkpoint changed, ModelConfig? ours, ModelConfig? theirs)
    {
        var values = new List<ValueDifference>();
        foreach (var file in (string[])["config.json", "generation_config.json"])
        {
            using var a = Read(original, file);
            using var b = Read(changed, file);
            Differences(file, "", a?.RootElement, b?.RootElement, values, 0, file == "generation_config.json" ? PackagingHash.IgnoredGenerationKeys : null);
        }

        var parts = PackagingHash.Compute(original).DifferencesFrom(PackagingHash.Compute(changed));
        return new PackagingDifference(parts, values, Tokenizers(original, changed), parts.Contains("chat template") ? Templates(original, changed) : [],
            ours is null || theirs is null ? null : ours.Canonical != theirs.Canonical)
        {
            OnlyTheTie = ours is not null && theirs is not null && ours.TiedHead != theirs.TiedHead && ours.CanonicalWithHead(theirs) == theirs.Canonical,
            Unread = ours is null || theirs is null ? new HashSet<string>() : Keys(ours, theirs, ValueSource.Ignored, ValueSource.Shown).Except(Keys(ours, theirs, ValueSource.Given, ValueSource.Defaulted)).ToHashSet(StringComparer.Ordinal),
        };
    }

    private static IEnumerable<string> Keys(ModelConfig ours, ModelConfig theirs, ValueSource first, ValueSource second) => ours.Resolved.Concat(theirs.Resolved).Where(v => v.Source == first || v.Source == second).Select(v => v.Key);

    private static JsonDocument? Read(Checkpoint checkpoint, string file) =>
        checkpoint.ReadText(file) is { } text ? CanonicalJson.Parse(text, System.IO.Path.Combine(checkpoint.Folder, file)) : null;

    private static void Differences(string file, string path, JsonElement? a, JsonElement? b, List<ValueDifference> found, int depth, IReadOnlySet<string>? ignored)
    {
        if (found.Count >= MostValues) return;
        if (depth < MostDepth && a is { ValueKind: JsonValueKind.Object } x && b is { ValueKind: JsonValueKind.Object } y)
        {
            foreach (var key in x.EnumerateObject().Select(p => p.Name).Union(y.EnumerateObject().Select(p => p.Name)).Order(StringComparer.Ordinal))
            {
                if (ignored?.Contains(key) == true) continue;
                Differences(file, path.Length == 0 ? key : $"{path}.{key}", Get(x, key), Get(y, key), found, depth + 1, null);
            }

            return;
        }

        var (left, right) = (Text(a, file), Text(b, file));
        if (left != right) found.Add(new ValueDifference(file, path.Length == 0 ? "(the whole file)" : path, Shortened(left), Shortened(right)));
    }

    private static JsonElement? Get(JsonElement element, string key) => element.TryGetProperty(key, out var value) ? value : null;

    private static string? Text(JsonElement? value, string file) => value is { } v ? CanonicalJson.Format(v, file) : null;

    private static string? Shortened(string? text) => text is { Length: > LongestValue } ? string.Concat(text.AsSpan(0, LongestValue), "…") : text;

    private static List<string> Tokenizers(Checkpoint original, Checkpoint changed)
    {
        using var a = Read(original, "tokenizer.json");
        using var b = Read(changed, "tokenizer.json");
        if (a is null || b is null) return a is null == b is null ? [] : [$"Only the {(a is null ? "candidate" : "base")} has a tokenizer.json."];
        var sentences = new List<string>();
        if (a.RootElement.ValueKind != JsonValueKind.Object || b.RootElement.ValueKind != JsonValueKind.Object) return sentences;
        var (ours, theirs) = (Tokens(a.RootElement), Tokens(b.RootElement));
        Add("are new", theirs.Keys.Where(t => !ours.ContainsKey(t)));
        Add("are gone", ours.Keys.Where(t => !theirs.ContainsKey(t)));
        Add("have another id", ours.Where(t => theirs.TryGetValue(t.Key, out var id) && id != t.Value).Select(t => t.Key));
        foreach (var key in a.RootElement.EnumerateObject().Select(p => p.Name).Union(b.RootElement.EnumerateObject().Select(p => p.Name)).Order(StringComparer.Ordinal))
        {
            if (key is "model" or "added_tokens") continue;
            if (Text(Get(a.RootElement, key), "tokenizer.json") != Text(Get(b.RootElement, key), "tokenizer.json")) sentences.Add($"Its {key} differs.");
        }

        if (Merges(a.RootElement) != Merges(b.RootElement)) sentences.Add("Its merges differ.");
        return sentences;

        void Add(string what, IEnumerable<string> tokens)
        {
            var all = tokens.Order(StringComparer.Ordinal).ToList();
            if (all.Count > 0) sentences.Add($"{all.Count} tokens {what}: {string.Join(", ", all.Take(MostTokens).Select(Shortened))}{(all.Count > MostTokens ? ", …" : ".")}");
        }
    }

    private static string? Merges(JsonElement root) => Get(root, "model") is { ValueKind: JsonValueKind.Object } model ? Text(Get(model, "merges"), "tokenizer.json") : null;

    /// <summary>Tokens by text; of two with one text the added one counts.</summary>
    private static Dictionary<string, long> Tokens(JsonElement root)
    {
        var tokens = new Dictionary<string, long>(StringComparer.Ordinal);
        if (Get(root, "model") is { ValueKind: JsonValueKind.Object } model && Get(model, "vocab") is { } vocabulary)
        {
            if (vocabulary.ValueKind == JsonValueKind.Object)
            {
                foreach (var token in vocabulary.EnumerateObject())
                    if (token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt64(out var id)) tokens[token.Name] = id;
            }
            else if (vocabulary.ValueKind == JsonValueKind.Array)
            {
                var id = 0;
                foreach (var token in vocabulary.EnumerateArray())
                {
                    if (token.ValueKind == JsonValueKind.Array && token.GetArrayLength() > 0 && token[0].ValueKind == JsonValueKind.String) tokens[token[0].GetString()!] = id;
                    id++;
                }
            }
        }

        if (Get(root, "added_tokens") is { ValueKind: JsonValueKind.Array } added)
        {
            foreach (var token in added.EnumerateArray())
                if (token.ValueKind == JsonValueKind.Object && Get(token, "content") is { ValueKind: JsonValueKind.String } text && Get(token, "id") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var id))
                    tokens[text.GetString()!] = id;
        }

        return tokens;
    }

    private static IReadOnlyList<string> Templates(Checkpoint original, Checkpoint changed)
    {
        var (a, b) = (Template(original), Template(changed));
        if (a is null || b is null) return [$"Only the {(a is null ? "candidate" : "base")} has a chat template."];
        var (x, y) = (a.Split('\n'), b.Split('\n'));
        var first = 0;
        while (first < Math.Min(x.Length, y.Length) && x[first] == y[first]) first++;
        return [$"The chat templates differ from line {first + 1} on ({x.Length} and {y.Length} lines): base {Line(x, first)}, candidate {Line(y, first)}."];
    }

    private static string Line(string[] lines, int line) => line < lines.Length ? $"'{Shortened(lines[line])}'" : "ends before";

    private static string? Template(Checkpoint checkpoint)
    {
        if (checkpoint.ReadText("chat_template.jinja") is { } file) return file;
        using var config = Read(checkpoint, "tokenizer_config.json");
        return config?.RootElement is { ValueKind: JsonValueKind.Object } root && Get(root, "chat_template") is { } value
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : Text(value, "tokenizer_config.json")
            : null;
    }
}
