using System.CommandLine;
using Assay.Checkpoints;
using Assay.Cli.Commands;
using Assay.Reports;

namespace Assay.Cli;

/// <summary>A flat YAML (or JSON) file of options. Keys are the long options without dashes in front; an unknown key is an error with a suggestion.</summary>
internal sealed class ConfigFile
{
    private static readonly string[] NeverFromFile = ["config", "dry-run", "json", "quiet", "verbose", "fresh"];
    private static readonly string[] Paths = ["base", "candidate", "output"];
    private readonly Dictionary<string, string> _values = [];
    private readonly string _path;

    private ConfigFile(string path) => _path = path;

    /// <summary>Reads a file for a verb with these options.</summary>
    /// <exception cref="InvalidInputException">Every problem of the file at once.</exception>
    public static ConfigFile Read(string path, IEnumerable<Option> options)
    {
        var file = new ConfigFile(path);
        string[] known = [.. options.Select(o => o.Name.TrimStart('-')).Except(NeverFromFile), "base", "candidate"];
        var problems = new List<string>();
        foreach (var (key, value, line) in FlatYaml.Read(path))
        {
            if (!known.Contains(key)) problems.Add($"{path}, line {line}: unknown key '{UntrustedText.Visible(key)}'{Suggestion(key, known)}");
            else if (value is null) problems.Add($"{path}, line {line}: {key} is a list or a mapping; expected one value.");
            else if (Paths.Contains(key) && PathChecks.Problem(value) is { } problem) problems.Add($"{path}, line {line}: {key} {problem}");
            else if (!file._values.TryAdd(key, value)) problems.Add($"{path}, line {line}: the key '{key}' stands twice; expected it once.");
        }

        return problems.Count == 0 ? file : throw new InvalidInputException(problems);
    }

    /// <summary>A value as written; null where absent.</summary>
    public string? Text(string key) => _values.GetValueOrDefault(key);

    /// <summary>A value read exactly as the command line reads it.</summary>
    public T? Value<T>(Option<T?> option) where T : struct
    {
        if (Text(option.Name.TrimStart('-')) is not { } text) return null;
        var parsed = new RootCommand { option }.Parse([option.Name, text]);
        return parsed.Errors.Count == 0 ? parsed.GetValue(option) : throw new InvalidInputException(parsed.Errors.Select(e => $"{_path}: {e.Message}").ToList());
    }

    /// <summary>A count.</summary>
    public int? Count(Option<int?> option) => Value(option);

    /// <summary>A switch.</summary>
    public bool? Flag(Option<bool> option) => Text(option.Name.TrimStart('-')) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => throw new InvalidInputException($"{_path}: {option.Name.TrimStart('-')} is '{UntrustedText.Visible(other)}'; expected true or false."),
    };

    private static string Suggestion(string name, string[] known)
    {
        var (best, distance) = known.Select(k => (k, Distance(name, k))).MinBy(p => p.Item2);
        return distance <= Math.Max(2, name.Length / 3) ? $"; did you mean '{best}'?" : $"; known are {string.Join(", ", known.Order())}.";
    }

    // Levenshtein's edit distance, one row at a time.
    private static int Distance(string a, string b)
    {
        if (a.Length > 64) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
