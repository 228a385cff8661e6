using System.Text.Json;
using Assay.Checkpoints;
using Assay.Checkpoints.Packaging;
using Assay.Models;

namespace Assay.Evaluation.Diffing;

/// <summary>Compares what two model folders hold beside their weights: what it does, then how it is spelt.</summary>
internal static class PackagingComparer
{
    private const int MostValues = 100;
    private const int LongestValue = 200;
    private const int MostDepth = 6;

    /// <summary>Compares two folders.</summary>
    /// <exception cref="InvalidInputException">A file other than the generation config is not valid JSON.</exception>
    public static PackagingDifference Compare(Checkpoint baseModel, Checkpoint candidate, ModelConfig? baseConfig, ModelConfig? candidateConfig)
    {
        var (a, b) = (PackagingContents.Read(baseModel), PackagingContents.Read(candidate));
        var parts = PackagingHash.Compute(a).DifferencesFrom(PackagingHash.Compute(b));
        var values = new List<ValueDifference>();
        Files(baseModel, candidate, "config.json", values);
        Keys("generation_config.json", a.Generation, b.Generation, values);
        Keys("tokenizer_config.json", a.Special, b.Special, values);
        Keys("tokenizer_config.json", a.Switches, b.Switches, values);
        return new PackagingDifference(parts, values, TokenizerDifferences.Between(a, b), TemplateDifferences.Between(a.Templates, b.Templates),
            baseConfig is null || candidateConfig is null ? null : baseConfig.Canonical != candidateConfig.Canonical)
        {
            OnlyTheTie = baseConfig is not null && candidateConfig is not null && baseConfig.TiedHead != candidateConfig.TiedHead
                && baseConfig.CanonicalWithHead(candidateConfig) == candidateConfig.Canonical,
            Unread = baseConfig is null || candidateConfig is null ? new HashSet<string>()
                : Named(baseConfig, candidateConfig, ValueSource.Ignored, ValueSource.Shown)
                    .Except(Named(baseConfig, candidateConfig, ValueSource.Given, ValueSource.Defaulted)).ToHashSet(StringComparer.Ordinal),
            Spellings = Spellings(baseModel, candidate, values),
        };
    }

    /// <summary>Keys of files beside the weights that are spelt otherwise and change nothing: what is left when all that counts is taken out.</summary>
    private static List<ValueDifference> Spellings(Checkpoint baseModel, Checkpoint candidate, List<ValueDifference> values)
    {
        var all = new List<ValueDifference>();
        foreach (var file in (string[])["tokenizer_config.json", "special_tokens_map.json", "generation_config.json"]) Files(baseModel, candidate, file, all);
        return all.FindAll(s => s.Path.Split('.')[0] != "chat_template"
            && !values.Exists(v => v.File == s.File && (v.Path == s.Path || v.Path.StartsWith(s.Path + ".", StringComparison.Ordinal)
            || s.Path.StartsWith(v.Path + ".", StringComparison.Ordinal))));
    }

    private static IEnumerable<string> Named(ModelConfig baseConfig, ModelConfig candidateConfig, ValueSource first, ValueSource second) =>
        baseConfig.Resolved.Concat(candidateConfig.Resolved).Where(v => v.Source == first || v.Source == second).Select(v => v.Key);

    private static void Keys(string file, SortedDictionary<string, string> a, SortedDictionary<string, string> b, List<ValueDifference> found)
    {
        foreach (var key in a.Keys.Union(b.Keys).Order(StringComparer.Ordinal))
            if (found.Count < MostValues && a.GetValueOrDefault(key) != b.GetValueOrDefault(key)) found.Add(
                new ValueDifference(file, key, Shortened(a.GetValueOrDefault(key)), Shortened(b.GetValueOrDefault(key))));
    }

    private static void Files(Checkpoint baseModel, Checkpoint candidate, string file, List<ValueDifference> found)
    {
        try
        {
            using var a = Read(baseModel, file);
            using var b = Read(candidate, file);
            Differences(file, "", a?.RootElement, b?.RootElement, found, 0);
        }
        catch (InvalidInputException) when (file == "generation_config.json")
        {
            // Broken, it stops only what generates; that it differs is told as a whole.
        }
    }

    private static JsonDocument? Read(Checkpoint checkpoint, string file) =>
        checkpoint.ReadText(file) is { } text ? CanonicalJson.Parse(text, System.IO.Path.Combine(checkpoint.Folder, file)) : null;

    private static void Differences(string file, string path, JsonElement? a, JsonElement? b, List<ValueDifference> found, int depth)
    {
        if (found.Count >= MostValues) return;
        if (depth < MostDepth && a is { ValueKind: JsonValueKind.Object } x && b is { ValueKind: JsonValueKind.Object } y)
        {
            foreach (var key in x.EnumerateObject().Select(p => p.Name).Union(y.EnumerateObject().Select(p => p.Name)).Order(StringComparer.Ordinal))
                Differences(file, path.Length == 0 ? key : $"{path}.{key}", Get(x, key), Get(y, key), found, depth + 1);
            return;
        }

        var (left, right) = (Text(a, file), Text(b, file));
        if (left != right) found.Add(new ValueDifference(file, path.Length == 0 ? "(the whole file)" : path, Shortened(left), Shortened(right)));
    }

    private static JsonElement? Get(JsonElement element, string key) => element.TryGetProperty(key, out var value) ? value : null;

    private static string? Text(JsonElement? value, string file) => value is { } v ? CanonicalJson.Format(v, file) : null;

    private static string? Shortened(string? text) => text is { Length: > LongestValue } ? string.Concat(text.AsSpan(0, LongestValue), "…") : text;
}
