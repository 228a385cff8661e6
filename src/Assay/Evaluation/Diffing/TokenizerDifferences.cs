using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Checkpoints.Packaging;

namespace Assay.Evaluation.Diffing;

/// <summary>Says in sentences what two tokenizers do otherwise, each with its key.</summary>
internal static class TokenizerDifferences
{
    private const int MostTokens = 5;
    private const int LongestValue = 200;
    private const int MostDepth = 8;
    private const int MostKeys = 20;

    /// <summary>The sentences; empty where both give the same ids and the same text back.</summary>
    public static IReadOnlyList<string> Between(PackagingContents baseModel, PackagingContents candidate)
    {
        if (baseModel.Tokenizer is not { } a || candidate.Tokenizer is not { } b)
            return baseModel.Tokenizer is null == candidate.Tokenizer is null ? []
                : [$"Only the {(baseModel.Tokenizer is null ? "candidate" : "base")} has a tokenizer.json."];
        var sentences = new List<string>();
        if (a.Vocabulary is not null && b.Vocabulary is not null) Vocabulary(a.Vocabulary, b.Vocabulary, sentences);
        else if (a.Vocabulary is null != b.Vocabulary is null) sentences.Add("tokenizer.json model.vocab is of another form.");
        if (a.Merges is not null && b.Merges is not null) Merges(a.Merges, b.Merges, sentences);
        else if (a.Merges is null != b.Merges is null) sentences.Add("tokenizer.json model.merges is of another form.");
        Values("", a.Rest, b.Rest, sentences, 0);
        return sentences;
    }

    private static void Vocabulary(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b, List<string> sentences)
    {
        Add("new", b.Keys.Where(t => !a.ContainsKey(t)));
        Add("gone", a.Keys.Where(t => !b.ContainsKey(t)));
        Add("of another id or score", a.Where(t => b.TryGetValue(t.Key, out var id) && id != t.Value).Select(t => t.Key));

        void Add(string what, IEnumerable<string> tokens)
        {
            var all = tokens.Order(StringComparer.Ordinal).ToList();
            if (all.Count == 0) return;
            var shown = string.Join(", ", all.Take(MostTokens).Select(t => $"'{Shortened(t)}'"));
            sentences.Add($"tokenizer.json model.vocab: {all.Count} {(all.Count == 1 ? "token is" : "tokens are")} {what}: " +
                $"{shown}{(all.Count > MostTokens ? ", …" : ".")}");
        }
    }

    private static void Merges(IReadOnlyList<(string Left, string Right)> a, IReadOnlyList<(string Left, string Right)> b, List<string> sentences)
    {
        var first = 0;
        while (first < Math.Min(a.Count, b.Count) && a[first] == b[first]) first++;
        if (first == a.Count && first == b.Count) return;
        var others = Enumerable.Range(0, Math.Min(a.Count, b.Count)).Count(i => a[i] != b[i]) + Math.Abs(a.Count - b.Count);
        sentences.Add($"tokenizer.json model.merges[{first}] is {Merge(a, first)} in the base and {Merge(b, first)} in the candidate"
            + (others == 1 ? "." : $"; {others} places of {a.Count} and {b.Count} differ."));
    }

    private static string Merge(IReadOnlyList<(string Left, string Right)> merges, int place) =>
        place < merges.Count ? $"'{Shortened(merges[place].Left)}' + '{Shortened(merges[place].Right)}'" : "absent";

    private static void Values(string path, JsonNode? a, JsonNode? b, List<string> sentences, int depth)
    {
        if (sentences.Count >= MostKeys) return;
        if (depth < MostDepth && a is JsonObject x && b is JsonObject y)
        {
            foreach (var key in x.Select(p => p.Key).Union(y.Select(p => p.Key)).Order(StringComparer.Ordinal)) Values(path.Length == 0 ? key : $"{path}.{key}",
                x[key], y[key], sentences, depth + 1);
            return;
        }

        if (depth < MostDepth && a is JsonArray left && b is JsonArray right && left.Count == right.Count)
        {
            for (var i = 0; i < left.Count; i++) Values($"{path}[{i}]", left[i], right[i], sentences, depth + 1);
            return;
        }

        var (first, second) = (Text(a), Text(b));
        if (first != second) sentences.Add($"tokenizer.json {Shortened(path)} is {Shortened(first)} in the base and {Shortened(second)} in the candidate.");
    }

    private static string Text(JsonNode? node) => node is null ? "absent" : CanonicalJson.Format(node.ToJsonString(), "tokenizer.json");

    private static string Shortened(string text) => text.Length > LongestValue ? string.Concat(text.AsSpan(0, LongestValue), "…") : text;
}
