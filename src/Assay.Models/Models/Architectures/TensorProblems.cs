using System.Text;

namespace Assay.Models.Architectures;

/// <summary>Sentences about tensors that are missing or too many: one for each cause, not one for each tensor.</summary>
internal static class TensorProblems
{
    // Two of a kind may be told one by one; more of them have one cause.
    private const int Single = 2;
    private const int Listed = 20;

    /// <summary>What is missing.</summary>
    /// <param name="spec">The forward pass.</param>
    /// <param name="names">Canonical names, in the order of the forward pass.</param>
    /// <param name="nothingFound">Whether no expected tensor is there at all.</param>
    public static IEnumerable<string> Missing(TransformerSpec spec, List<string> names, bool nothingFound)
    {
        if (nothingFound && names.Count > 1)
        {
            yield return $"none of the {names.Count} tensors that the config expects is there, as '{Show(names[0])}' and '{Show(names[^1])}'. The weights " +
                "and the config are from different models.";
            yield break;
        }

        var routed = spec.Layers.Select(l => l.Mlp).OfType<RoutedMlpSpec>().ToList();
        var experts = routed.SelectMany(r => r.Experts).SelectMany(e => (string?[])[e.Gate?.Weight, e.Up.Weight, e.Down.Weight]).OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        var absent = names.Where(experts.Contains).ToList();
        if (absent.Count > Single && absent.Count == experts.Count)
        {
            yield return $"no expert of any of the {routed.Count} layers that have experts is there: {absent.Count} tensors are expected, the first " +
                $"'{Show(absent[0])}', the last '{Show(absent[^1])}', " +
                "or all experts of a layer stacked in one as transformers 5 does. The weights and the config are from different models, or the experts are " +
                    "stored in a layout that is not known.";
            names = [.. names.Where(n => !experts.Contains(n))];
        }
        foreach (var problem in Grouped(names, "is missing; the config expects it", "are missing; the config expects them")) yield return problem;
    }

    /// <summary>What the architecture does not have.</summary>
    public static IEnumerable<string> Unexpected(string modelType, IReadOnlyList<string> names) =>
        Grouped(names, $"is not a tensor of '{modelType}' with this config", $"are no tensors of '{modelType}' with this config");

    /// <summary>Items with equal keys, in the order of the first of each.</summary>
    public static IEnumerable<List<T>> Groups<T>(IEnumerable<T> items, Func<T, string> key)
    {
        var groups = new OrderedDictionary<string, List<T>>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (!groups.TryGetValue(key(item), out var group)) groups.Add(key(item), group = []);
            group.Add(item);
        }
        return groups.Values;
    }

    private static IEnumerable<string> Grouped(IReadOnlyList<string> names, string one, string several)
    {
        var groups = Groups(names, Pattern).SelectMany(g => g.Count <= Single ? g.Select(n => (List<string>)[n]) : [g]).ToList();
        foreach (var group in groups.Take(Listed))
            yield return group.Count == 1 ? $"tensor '{Show(group[0])}' {one}."
                : $"{group.Count} tensors as '{Show(group[0])}', up to '{Show(group[^1])}', {several}.";
        if (groups.Count > Listed) yield return $"and {groups.Skip(Listed).Sum(g => g.Count)} more of which each {one}.";
    }

    /// <summary>The name with every run of digits replaced by one sign.</summary>
    public static string Pattern(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            if (!char.IsAsciiDigit(letter)) text.Append(letter);
            else if (text.Length == 0 || text[^1] != '#') text.Append('#');
        }
        return text.ToString();
    }

    private static string Show(string name) => ConfigValue.Quote(name);
}
