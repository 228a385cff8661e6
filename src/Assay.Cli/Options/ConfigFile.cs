using System.CommandLine;
using System.CommandLine.Parsing;
using Assay.Checkpoints;
using Assay.Evaluation.Tasks;
using Assay.Reports;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>A flat YAML (or JSON) file of options, read by every verb that has some. Keys are the names of arguments and the long options without dashes; an
/// unknown key is an error with a suggestion.</summary>
internal static class ConfigFile
{
    /// <summary>The option that names the file.</summary>
    public static Option Option() => new KindOption<string?>("--config", OptionKind.Path, "YAML or JSON file of options; the command line wins.", alias: "-c");

    /// <summary>A command line with what its file says of everything that the command line does not; the same words where it names no file.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="words">Its words.</param>
    /// <exception cref="InvalidInputException">Every problem of the file at once.</exception>
    public static IReadOnlyList<string> Complete(ParseResult parsed, IReadOnlyList<string> words)
    {
        var command = parsed.CommandResult.Command;
        // Without errors, another action than the verb's own shows help or the version.
        if (parsed.Errors.Count == 0 && parsed.Action != command.Action) return words;
        if (command.Options.FirstOrDefault(o => o.Name == "--config") is not { } config) return words;
        if (parsed.GetResult(config) is not { Implicit: false, Tokens: [{ Value.Length: > 0 } file], Errors: var wrong } || wrong.Any()) return words;
        var values = Read(file.Value, command);
        var problems = new List<string>();
        var arguments = Arguments(parsed, values, file.Value, problems);
        if (problems.Count > 0) throw new InvalidInputException(problems);
        // A default that a file says, as printed ones do, is not given: it excludes no other option.
        var options = values.Where(v => v.Key.Symbol is Option && !(v.Values is [var one] && one == v.Key.Default))
            .SelectMany(v => v.Values.Where(text => !IsGiven(parsed, v.Key, text)).SelectMany(text => Words("--" + v.Key.Name, text)));
        var end = words.ToList().IndexOf("--");
        return end < 0 ? [.. words, .. options, .. arguments.Count > 0 ? ["--", .. arguments] : arguments]
            : [.. words.Take(end), .. options, .. words.Skip(end), .. arguments];
    }

    /// <summary>Reads a file for a verb: its keys, each with its values, all of them read as the command line reads them.</summary>
    /// <exception cref="InvalidInputException">Every problem of the file at once.</exception>
    public static IReadOnlyList<(ConfigKey Key, IReadOnlyList<string> Values, long Line)> Read(string path, Command command)
    {
        var known = ConfigKey.Of(command);
        var (read, problems) = (new List<(ConfigKey Key, IReadOnlyList<string>, long)>(), new List<string>());
        foreach (var entry in FlatYaml.Read(path))
        {
            var key = known.FirstOrDefault(k => k.Name == entry.Key);
            if ((key is null ? Unknown(entry.Key, known, command) : read.Any(r => r.Key == key) ? $"the key '{key.Name}' stands twice; expected it once."
                : Problem(key, entry)) is { } problem)
                problems.Add($"{path}, line {entry.Line}: {problem}");
            else read.Add((key!, Values(key!, entry), entry.Line));
        }

        return problems.Count == 0 ? read : throw new InvalidInputException(problems);
    }

    /// <summary>Whether the command line has another value in the place of one of the file: of a mapping only that of the same name.</summary>
    private static bool IsGiven(ParseResult parsed, ConfigKey key, string value) =>
        parsed.GetResult((Option)key.Symbol) is { Implicit: false } given
            && (key.Kind.Shape != OptionShape.Mapping || given.Tokens.Any(t => NameOf(t.Value) == NameOf(value)));

    /// <summary>The name of an entry of a mapping, which stands before its equals sign.</summary>
    private static string NameOf(string entry) => entry.Split('=')[0];

    /// <summary>Words that the parser reads as an option and its value, whatever the value begins with; an empty one behind an equals sign would be
    /// none.</summary>
    private static string[] Words(string name, string value) => value.Length > 0 ? [$"{name}={value}"] : [name, value];

    /// <summary>The file's arguments behind those of the command line. The parser counts them, so that none may be left out before another.</summary>
    private static List<string> Arguments(ParseResult parsed, IReadOnlyList<(ConfigKey Key, IReadOnlyList<string> Values, long Line)> values, string path,
        List<string> problems)
    {
        var added = new List<string>();
        string? missing = null;
        foreach (var argument in parsed.CommandResult.Command.Arguments)
        {
            if (parsed.GetResult(argument) is { Tokens.Count: > 0 }) continue;
            var (key, given, line) = values.FirstOrDefault(v => v.Key.Symbol == argument);
            if (key is null) missing ??= argument.Name;
            else if (missing is null) added.AddRange(given);
            else problems.Add($"{path}, line {line}: {key.Name} is given without {missing}, which comes before it; give both.");
        }

        return added;
    }

    private static IReadOnlyList<string> Values(ConfigKey key, FlatEntry entry) => key.Kind.Shape == OptionShape.Mapping
        ? [.. entry.Pairs!.Select(p => $"{p.Key}={p.Value}")] : entry.IsList && key.Kind.Shape == OptionShape.List
        ? [string.Join(',', entry.Values!)] : [.. entry.Values!.Select(v => v!)];

    private static string? Problem(ConfigKey key, FlatEntry entry)
    {
        if (key.Kind.Shape == OptionShape.Mapping) return MappingProblem(key, entry);
        if (entry.Values is null && key.Most > 1) return $"{key.Name} is a mapping, or a list of lists or mappings; expected one value or a list of values.";
        if (entry.Values is null) return $"{key.Name} is a list or a mapping; expected one value.";
        if (entry.IsList && key.Most == 1 && key.Kind.Shape != OptionShape.List) return $"{key.Name} is a list or a mapping; expected one value.";
        if (entry.Values is [] or [null]) return $"{key.Name} has no value; write one, or leave the key out.";
        if (entry.Values.Contains(null)) return $"{key.Name} has a value that is none; write one, or leave it out.";
        if (key.Kind.Shape != OptionShape.List
            && entry.Values.Count > key.Most)
            return $"{key.Name} has {entry.Values.Count} values; expected at most {key.Most}.";
        try
        {
            foreach (var value in Values(key, entry)) key.Kind.Read(key.Name, value);
            return null;
        }
        catch (InvalidInputException wrong)
        {
            return wrong.Message;
        }
    }

    private static string? MappingProblem(ConfigKey key, FlatEntry entry)
    {
        if (entry.Pairs is not { } pairs) return $"{key.Name} is no mapping of names to numbers; expected one such as {key.Example}.";
        if (pairs.Count == 0 || pairs.Any(p => p.Value is null)) return $"{key.Name} has a name without a value, or no name; write one, or leave it out.";
        if (pairs.CountBy(p => p.Key).FirstOrDefault(n => n.Value > 1) is { Key: { } twice })
            return $"{key.Name} has '{UntrustedText.Visible(twice)}' twice; expected it once.";
        try
        {
            foreach (var value in Values(key, entry)) key.Kind.Read(key.Name, value);
            return null;
        }
        catch (InvalidInputException wrong)
        {
            return wrong.Message;
        }
    }

    private static string Unknown(string name, IReadOnlyList<ConfigKey> known, Command command)
    {
        if (ConfigKey.Never.Contains(name)
            && command.Options.Any(o => o.Name == "--" + name))
            return $"{name} is asked of one call and not set by a file; give --{name} on the command line.";
        var (best, near) = NearestName.Of(name, known.Select(k => k.Name));
        return $"unknown key '{UntrustedText.Visible(name)}'" + (near ? $"; did you mean '{best}'?"
            : $"; known are {string.Join(", ", known.Select(k => k.Name).Order(StringComparer.Ordinal))}.");
    }
}
