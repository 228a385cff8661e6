namespace Assay.Evaluation.Diffing;

/// <summary>Says in sentences where two models' chat templates differ.</summary>
internal static class TemplateDifferences
{
    private const int LongestLine = 200;

    /// <summary>The sentences; empty where all templates are the same.</summary>
    /// <param name="baseModel">Templates by name; the one that is used is "default".</param>
    /// <param name="candidate">The same.</param>
    public static IReadOnlyList<string> Between(IReadOnlyDictionary<string, string> baseModel, IReadOnlyDictionary<string, string> candidate)
    {
        var sentences = new List<string>();
        foreach (var name in baseModel.Keys.Union(candidate.Keys).OrderBy(n => n != "default").ThenBy(n => n, StringComparer.Ordinal))
        {
            var what = name == "default" ? "chat template" : $"chat template named '{name}'";
            if (!baseModel.TryGetValue(name, out var a) || !candidate.TryGetValue(name, out var b)) sentences.Add(
                $"Only the {(baseModel.ContainsKey(name) ? "base" : "candidate")} has a {what}.");
            else if (a != b) sentences.Add(Lines(what, a.Split('\n'), b.Split('\n')));
        }

        return sentences;
    }

    private static string Lines(string what, string[] a, string[] b)
    {
        var first = 0;
        while (first < Math.Min(a.Length, b.Length) && a[first] == b[first]) first++;
        return $"The {what}s differ from line {first + 1} on ({a.Length} and {b.Length} lines): base {Line(a, first)}, candidate {Line(b, first)}.";
    }

    private static string Line(string[] lines, int line) => line < lines.Length
        ? $"'{(lines[line].Length > LongestLine ? string.Concat(lines[line].AsSpan(0, LongestLine), "…") : lines[line])}'" : "ends before";
}
