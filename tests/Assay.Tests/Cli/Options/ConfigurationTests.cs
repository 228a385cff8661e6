using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Assay.Checkpoints;
using Assay.Cli;
using Assay.Cli.Options;
using Assay.Runs;
using Assay.Tests.Golden;
using Assay.Verdicts;

namespace Assay.Tests.Cli.Options;

/// <summary>Command line, configuration file, printed configuration and schema of every verb say the same.</summary>
public sealed partial class ConfigurationTests : IDisposable
{
    private static readonly Command s_root = Application.Root(Silent());
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    public static IEnumerable<TheoryDataRow<string>> Verbs => s_root.Subcommands.Where(c => c.Options.Any(o => o.Name == "--config"))
        .Select(c => new TheoryDataRow<string>(c.Name));

    public static IEnumerable<TheoryDataRow<string, string>> Keys =>
        Verbs.SelectMany(v => ConfigKey.Of(Verb(v.Data)).Select(k => new TheoryDataRow<string, string>(v.Data, k.Name)));

    private static Terminal Silent() => new(TextWriter.Null, TextWriter.Null);

    private static Command Verb(string name) => s_root.Subcommands.Single(c => c.Name == name);

    private static ConfigKey Key(string verb, string key) => ConfigKey.Of(Verb(verb)).Single(k => k.Name == key);

    private string Write(string text)
    {
        var path = Path.Combine(_folder, "options.yaml");
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void Everything_that_a_verb_takes_says_of_what_kind_it_is_and_is_set_by_a_file_or_asked_of_one_call()
    {
        Assert.Contains(Verbs, v => v.Data == "vet");
        foreach (var command in s_root.Subcommands)
        {
            Assert.All(command.Arguments, a => Assert.IsAssignableFrom<IDescribed>(a));
            Assert.All(command.Options.Where(o => o is not HelpOption), o => Assert.IsAssignableFrom<IDescribed>(o));
            if (command.Name is "config" or "env") continue;
            string[] names = [.. command.Arguments.Select(a => a.Name), .. command.Options.Where(o => o is not HelpOption).Select(o => o.Name[2..])];
            Assert.Equal(names.Except(ConfigKey.Never), ConfigKey.Of(command).Select(k => k.Name));
            Assert.Contains("config", names);
        }
    }

    [Theory, MemberData(nameof(Verbs))]
    public void Every_key_is_in_the_schema_and_in_the_printed_configuration_with_the_text_of_help(string verb)
    {
        using var schema = JsonDocument.Parse(Printed("--schema", verb));
        var properties = schema.RootElement.GetProperty("properties");
        var keys = ConfigKey.Of(Verb(verb));
        Assert.Equal(keys.Select(k => k.Name), properties.EnumerateObject().Select(p => p.Name));
        Assert.False(schema.RootElement.GetProperty("additionalProperties").GetBoolean());
        var text = Printed("--print", verb);
        Assert.Equal(keys.Select(k => k.Name), Line().Matches(text).Select(m => m.Groups["key"].Value));
        var help = CommandLine.Run(verb, "--help").Out;
        foreach (var key in keys)
        {
            Assert.Equal(key.Description, properties.GetProperty(key.Name).GetProperty("description").GetString());
            Assert.Contains($"# {key.Description}", text, StringComparison.Ordinal);
            Assert.Contains(key.Description, help, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Verbs))]
    public void What_is_printed_is_read_and_changes_nothing(string verb)
    {
        var bare = Parse(Required(verb));
        var filed = Parse([.. Required(verb), "--config", Write(Printed("--print", verb))]);
        Assert.Empty(filed.Errors);
        Assert.Equal(Values(bare), Values(filed));
        // A default excludes no other option, such as the --select of directions.
        foreach (var key in ConfigKey.Of(filed.CommandResult.Command).Where(k => k.Default is not null))
            Assert.True(filed.GetResult((Option)key.Symbol) is null or { Implicit: true }, key.Name);
        if (verb == "vet") Same(VetBinding.Read(bare, VetOptions.Defaults), VetBinding.Read(filed, VetOptions.Defaults));
    }

    [Theory, MemberData(nameof(Keys))]
    public void A_value_from_a_file_is_that_of_the_command_line_which_wins(string verb, string name)
    {
        var key = Key(verb, name);
        var good = Good(key);
        Assert.NotEmpty(good);
        foreach (var value in good)
        {
            var stated = Parse(Given(verb, key, value));
            Assert.Empty(stated.Errors);
            var filed = Parse(Filed(verb, key, value));
            Assert.Empty(filed.Errors);
            Assert.Equal(Values(stated), Values(filed));
            if (value != key.Default) Assert.Contains(value, Tokens(filed, ConfigKey.Of(filed.CommandResult.Command).Single(k => k.Name == name).Symbol));
            if (verb == "vet") Same(VetBinding.Read(stated, VetOptions.Defaults), VetBinding.Read(filed, VetOptions.Defaults));
            var other = Parse([.. Given(verb, key, good[0]), "-c", Write($"{name}: {InFile(key, value)}\n")]);
            Assert.Equal(Values(Parse(Given(verb, key, good[0]))), Values(other));
        }
    }

    [Theory, MemberData(nameof(Keys))]
    public void What_the_command_line_refuses_a_file_cannot_say_either(string verb, string name)
    {
        var key = Key(verb, name);
        foreach (var value in Bad(key))
        {
            var stated = CommandLine.Run(Given(verb, key, value));
            Assert.Equal(ExitCodes.Usage, stated.Code);
            var reason = Reason().Match(stated.Error).Value;
            Assert.NotEmpty(reason);
            var filed = CommandLine.Run(Filed(verb, key, value));
            Assert.Equal(ExitCodes.BadInput, filed.Code);
            Assert.Matches($"^error: .*options.yaml, line 2: (--)?{name} is '", filed.Error);
            Assert.Contains(reason, filed.Error, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Keys))]
    public void The_schema_takes_what_the_reader_takes_and_refuses_what_it_refuses(string verb, string name)
    {
        using var schema = JsonDocument.Parse(Printed("--schema", verb));
        var key = Key(verb, name);
        foreach (var value in Good(key)) Assert.True(Accepts(schema.RootElement, key, name, value), value);
        foreach (var value in Bad(key).Where(v => key.Kind.Shape != OptionShape.Time)) Assert.False(Accepts(schema.RootElement, key, name, value), value);
        Assert.False(Accepts(schema.RootElement, key, name + "s", "x=1"));
    }

    [Theory, MemberData(nameof(Verbs))]
    public void The_committed_schema_is_the_one_that_is_printed(string verb)
    {
        var path = Path.Combine(GoldenFiles.Repository, "docs", "reference", "schemas", verb + ".schema.json");
        Assert.True(File.Exists(path) && File.ReadAllText(path) == Printed("--schema", verb),
            $"Write it anew: assay config --schema {verb} > docs/reference/schemas/{verb}.schema.json");
    }

    [Fact]
    public void The_page_lists_the_keys_of_every_verb()
    {
        var page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "reference", "configuration.md"));
        foreach (var verb in Verbs)
        {
            var row = $"| [`{verb.Data}`](schemas/{verb.Data}.schema.json) | {string.Join(", ", ConfigKey.Of(Verb(verb.Data)).Select(k => $"`{k.Name}`"))} |\n";
            Assert.True(page.Contains(row, StringComparison.Ordinal), "The page has to have the line\n" + row);
        }

        foreach (var never in ConfigKey.Never) Assert.Contains($"`{never}`", page, StringComparison.Ordinal);
        Assert.Equal(Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "reference", "schemas")).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal),
            Verbs.Select(v => v.Data + ".schema.json").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("diff", "base: a\ncandidate: b\n", "a|b")]
    [InlineData("diff|x", "base: a\ncandidate: b\n", "x|b")]
    [InlineData("diff|x|y", "base: a\ncandidate: b\n", "x|y")]
    [InlineData("diff|--threads|2", "candidate: '--json'\nbase: -c\n", "-c|--json")]
    [InlineData("diff|--|--x", "base: a\ncandidate: --y\nthreads: 2\n", "--x|--y")]
    [InlineData("diff", "base: '@a'\ncandidate: '--'\n", "@a|--")]
    [InlineData("vet", "candidate: b\nbase: a\n", "a|b")]
    [InlineData("merge|-o|x", "runs: [a, b, -c]\n", "a|b|-c")]
    [InlineData("merge|-o|x", "runs: a\n", "a")]
    [InlineData("merge|-o|x|r", "runs: [a, b]\n", "r")]
    [InlineData("directions|m", "contrast: [a, -b]\n", "m")]
    [InlineData("generate|m", "prompt: \"--raw 'x'\\n\"\n", "m|--raw 'x'\n")]
    public void Arguments_come_from_the_file_where_the_command_line_has_none(string line, string yaml, string expected)
    {
        // The file is named first, since words behind -- are arguments.
        var words = line.Split('|');
        var parsed = Parse([words[0], "--config", Write(yaml), .. words[1..]]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(expected, string.Join('|', parsed.CommandResult.Command.Arguments.SelectMany(a => Tokens(parsed, a))));
    }

    [Fact]
    public void A_list_sets_an_option_that_repeats_and_the_command_line_replaces_it_whole()
    {
        var path = Write("contrast: [one, two]\nmark:\n- \"--x=y\"\n- ''\n- plain\n");
        var parsed = Parse(["directions", "m", "-c", path]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(["one", "two"], parsed.GetValue<string[]>("--contrast")!);
        Assert.Equal(["--x=y", "", "plain"], parsed.GetValue<string[]>("--mark")!);
        Assert.Equal(["z"], Parse(["directions", "m", "-c", path, "--mark", "z"]).GetValue<string[]>("--mark")!);
        var vet = VetBinding.Read(Parse(["vet", "-c", Write("measures: [M1, M2]\n")]), VetOptions.Defaults);
        Assert.Equal(["M1", "M2"], vet.Measures);
    }

    [Fact]
    public void Margins_of_a_file_stand_where_the_command_line_has_none_of_their_name()
    {
        var path = Write("items: 3\nmargins:\n  accuracy: 3\n  unlock-tax: 20 # points\n  broken-nll: 4\n");
        var vet = VetBinding.Read(Parse(["vet", "--margin", "unlock-tax=5", "-c", path, "--margin=over-refusal=1.5"]), VetOptions.Defaults);
        Assert.Equal(new Margins { Accuracy = .03, UnlockTax = .05, BrokenNll = Math.Log(4), OverRefusal = .015 }, vet.Margins);
        Assert.Equal(new Margins { Accuracy = .03, UnlockTax = .2, BrokenNll = Math.Log(4) },
            VetBinding.Read(Parse(["vet", "-c", path]), VetOptions.Defaults).Margins);
        // JSON is YAML.
        vet = VetBinding.Read(Parse(["vet", "-c", Write("""{"margins": {"accuracy": 3}}""")]), VetOptions.Defaults);
        Assert.Equal(new Margins { Accuracy = .03 }, vet.Margins);
        Assert.Contains("The margin accuracy is set twice", CommandLine.Run("vet", "--margin", "accuracy=1", "--margin", "accuracy=2").Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diff", "candidate: b\n", "line 1: candidate is given without base, which comes before it")]
    [InlineData("diff", "jsn: 1\njson: true\n", "line 2: json is asked of one call")]
    [InlineData("diff", "threads:\n", "line 1: threads has no value")]
    [InlineData("diff", "output: null\n", "line 1: output has no value")]
    [InlineData("diff", "base: [a]\n", "line 1: base is a list or a mapping; expected one value.")]
    [InlineData("directions", "contrast: [a, b, c]\n", "line 1: contrast has 3 values; expected at most 2.")]
    [InlineData("directions", "contrast: []\n", "line 1: contrast has no value")]
    [InlineData("directions", "contrast: [a, ~]\n", "line 1: contrast has a value that is none")]
    [InlineData("directions", "contrast: [a, [b]]\n", "line 1: contrast is a mapping, or a list of lists or mappings")]
    [InlineData("directions", "contrast: {a: b}\n", "line 1: contrast is a mapping, or a list of lists or mappings")]
    [InlineData("vet", "items: 2\nmargins: accuracy=2\n", "line 2: margins is no mapping of names to numbers")]
    [InlineData("vet", "margins: [accuracy=2]\n", "line 1: margins is no mapping of names to numbers")]
    [InlineData("vet", "margins: {accuracy: [2]}\n", "line 1: margins is no mapping of names to numbers")]
    [InlineData("vet", "margins:\n  accuracy:\n", "margins has a name without a value")]
    [InlineData("vet", "margins: {}\n", "line 1: margins has a name without a value")]
    [InlineData("vet", "margins: {accuracy: 2, accuracy: 3}\n", "line 1: margins has 'accuracy' twice")]
    [InlineData("vet", "margins:\n  acuracy: 2\n", "margins is 'acuracy=2'; expected NAME=VALUE with NAME one of unnamed-ids, accuracy,")]
    [InlineData("vet", "margins: {unlock-tax: 150}\n",
        "margins is 'unlock-tax=150'; expected unlock-tax=VALUE from 0.01 to 99.99 (percentage points; 10 unless set).")]
    [InlineData("directions", "mark: [x, *y]\n", "line 1: refers to another value")]
    [InlineData("score", "windw: 1\ncontxt: 5\n", "line 2: unknown key 'contxt'; did you mean 'context'?")]
    public void A_file_that_is_wrong_is_told_with_its_line(string verb, string yaml, string expected)
    {
        var (code, output, error) = CommandLine.Run(verb, "-c", Write(yaml));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Empty(output);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_ten_thousand_values_is_refused() =>
        Assert.Contains("more than 1000 keys and values", CommandLine.Run("directions", "-c",
            Write($"mark: [{string.Join(", ", Enumerable.Repeat("x", 10_000))}]")).Error, StringComparison.Ordinal);

    [Fact]
    public void Help_does_not_read_the_file() => Assert.Equal(0, CommandLine.Run("vet", "-c", "no-such-file", "--help").Code);

    [Theory, InlineData("config"), InlineData("config --print --schema"), InlineData("config --print env"), InlineData("config --print no-such-verb")]
    public void Config_prints_one_of_two_things_of_a_verb_that_has_options(string line) => Assert.Equal(ExitCodes.Usage, CommandLine.Run(line.Split(' ')).Code);

    [Fact]
    public void Config_is_of_vet_unless_another_verb_is_named() => Assert.Equal(Printed("--print", "vet"), CommandLine.Run("config", "--print").Out);

    private static string Printed(string what, string verb)
    {
        var (code, output, error) = CommandLine.Run("config", what, verb);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    private static ParseResult Parse(string[] words) => Application.Parse(words, Silent());

    /// <summary>The verb with what it needs.</summary>
    private static string[] Required(string verb) => [verb, .. Arguments(verb, null, "").Select(a => a.Value), .. RequiredOptions(verb, null)];

    private static IEnumerable<string> RequiredOptions(string verb, ConfigKey? but) =>
        ConfigKey.Of(Verb(verb)).Where(k => k.Required && k.Symbol is Option && k.Name != but?.Name).Select(k => $"--{k.Name}={Good(k)[0]}");

    /// <summary>The arguments that a verb needs; where one of them is what is tried, all that it takes, since they are counted.</summary>
    private static IEnumerable<(string Name, string Value)> Arguments(string verb, ConfigKey? key, string value) => ConfigKey.Of(Verb(verb))
        .Where(k => k.Symbol is Argument && (k.Required || key?.Symbol is Argument))
        .Select(k => (k.Name, k.Name == key?.Name ? value : Good(k)[0]));

    /// <summary>A command line that gives a key.</summary>
    private static string[] Given(string verb, ConfigKey key, string value) =>
    [
        verb, .. Arguments(verb, key, value).Select(a => a.Value), .. RequiredOptions(verb, key),
        .. key.Symbol is Argument ? [] : value.Length > 0 ? [$"--{key.Name}={value}"] : (string[])["--" + key.Name, value],
    ];

    /// <summary>A command line whose file gives a key, in its second line.</summary>
    private string[] Filed(string verb, ConfigKey key, string value)
    {
        (string Name, string Value)[] others = key.Symbol is Argument ? [.. Arguments(verb, key, value).Where(a => a.Name != key.Name)] : [];
        var path = Write(string.Concat(others.Select(o => (o.Name, JsonSerializer.Serialize(o.Value))).Prepend((key.Name, InFile(key, value)))
            .Select(l => $"\n{l.Item1}: {l.Item2}")));
        return [verb, .. key.Symbol is Argument ? [] : Arguments(verb, key, value).Select(a => a.Value), .. RequiredOptions(verb, key), "-c", path];
    }

    /// <summary>A value as a file says it: a word, or of a mapping the mapping of one entry.</summary>
    private static string InFile(ConfigKey key, string value)
    {
        if (key.Kind.Shape != OptionShape.Mapping) return JsonSerializer.Serialize(value);
        var (name, number) = (value[..value.IndexOf('=', StringComparison.Ordinal)], value[(value.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        return $"{{ {JsonSerializer.Serialize(name)}: {(NumberLiteral().IsMatch(number) ? number : JsonSerializer.Serialize(number))} }}";
    }

    private static string[] Good(ConfigKey key) => (key.Kind.Shape, key.Name) switch
    {
        (OptionShape.Whole, _) => [key.Kind.Least.ToString(CultureInfo.InvariantCulture), key.Kind.Most.ToString(CultureInfo.InvariantCulture)],
        (OptionShape.Number, _) => ["0.5", "-0.001", "3"],
        (OptionShape.Size, _) => ["512M", "1073741824", "1.5GiB"],
        (OptionShape.Time, _) => ["2026-02-03T04:05:06Z"],
        (OptionShape.Switch, _) => ["true", "false"],
        (OptionShape.Choice, _) => [.. key.Kind.Choices],
        (OptionShape.List, _) => ["kld,ppl", "kld"],
        (OptionShape.Mapping, _) => ["accuracy=3", "unlock-tax=7.5", "equivalent=1", "domain-nll=0"],
        (_, "shard") => ["2/3", "1/1"],
        (_, "position") => ["-3", "mean"],
        (_, "prefix") => ["Well, then: ", "=x:'y'", "é 👋"],
        _ => ["some/where", "a b", "=x:'y'", "é\t@"],
    };

    private static string[] Bad(ConfigKey key) => (key.Kind.Shape, key.Name) switch
    {
        (OptionShape.Whole, _) => [(key.Kind.Least - (BigInteger)1).ToString(CultureInfo.InvariantCulture),
            (key.Kind.Most + (BigInteger)1).ToString(CultureInfo.InvariantCulture), "1.5", "x"],
        (OptionShape.Number, _) => ["x", "NaN", "1e999"],
        (OptionShape.Size, _) => ["0", "2X", "-1", "1.5"],
        (OptionShape.Time, _) => ["later"],
        (OptionShape.Choice, _) => ["no-such-word", ""],
        (_, "prefix") => ["a\nb", "\t", "\u2028"],
        (OptionShape.Mapping, _) => ["accuracy=x", "accuracy=-1", "accuracy=NaN", "accuracy=100", "accuracy=", "unlock-tax=0", "equivalent=0.9",
            "domain-nll=1e999", "items=1", "=2"],
        (_, "shard") => ["0/3", "x", "auto/x"],
        (_, "position") => ["0", "3", "-x"],
        _ when key.Kind == OptionKind.Path => ["", "a\0b"],
        _ => [],
    };

    private static List<string> Tokens(ParseResult parsed, Symbol symbol) =>
        (symbol is Argument a ? parsed.GetResult(a)?.Tokens : parsed.GetResult((Option)symbol)?.Tokens)?.Select(t => t.Value).ToList() ?? [];

    /// <summary>The value of everything that a file can set.</summary>
    private static Dictionary<string, object?> Values(ParseResult parsed) => ConfigKey.Of(parsed.CommandResult.Command).ToDictionary(k => k.Name,
        k => k.Symbol is Argument argument ? parsed.GetResult(argument)?.GetValueOrDefault<object>() : parsed.GetResult((Option)k.Symbol) is OptionResult result
            ? Shown(result.GetValueOrDefault<object>(), k) : Absent(k));

    private static object? Shown(object? value, ConfigKey key) => value is null ? Absent(key) : value is string[] several ? string.Join('\0', several) : value;

    /// <summary>The value that stands without an option.</summary>
    private static object? Absent(ConfigKey key) => key.Default is { } value ? key.Kind.Read(key.Name, value) : null;

    private static void Same(VetRequest expected, VetRequest actual)
    {
        Assert.Equal(expected.Measures, actual.Measures);
        Assert.Equal(expected.Texts, actual.Texts);
        Assert.Equal(expected.Tasks, actual.Tasks);
        Assert.Equal(expected.Triggers, actual.Triggers);
        Assert.Equal(expected with { Measures = [], Texts = [], Tasks = [], Triggers = [] },
            actual with { Measures = [], Texts = [], Tasks = [], Triggers = [] });
    }

    /// <summary>Whether a schema takes a file of one key: the keywords that <see cref="ConfigSchema"/> writes, as JSON Schema 2020-12 defines them.</summary>
    private static bool Accepts(JsonElement schema, ConfigKey key, string name, string text)
    {
        if (!schema.GetProperty("properties").TryGetProperty(name, out var property)) return schema.GetProperty("additionalProperties").GetBoolean();
        return key.Kind.Shape == OptionShape.Mapping ? Valid(property, JsonDocument.Parse(InFile(key, text)).RootElement)
            : Instances(text).Any(i => Valid(property, i));

        // As YAML's core schema reads the plain word, or the quoted one.
        static IEnumerable<JsonElement> Instances(string text)
        {
            yield return JsonSerializer.SerializeToElement(text);
            if (text is "true" or "false" || NumberLiteral().IsMatch(text)) yield return JsonDocument.Parse(text).RootElement;
        }
    }

    private static bool Valid(JsonElement schema, JsonElement value)
    {
        var accepted = true;
        foreach (var word in schema.EnumerateObject())
            accepted &= word.Name switch
            {
                "description" or "default" or "format" => true,
                "anyOf" => word.Value.EnumerateArray().Any(s => Valid(s, value)),
                "type" => word.Value.ValueKind == JsonValueKind.Array ? word.Value.EnumerateArray().Any(t => Is(t.GetString()!, value))
                    : Is(word.Value.GetString()!, value),
                "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= word.Value.GetDecimal(),
                "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= word.Value.GetDecimal(),
                "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!,
                    word.Value.GetString()!.Replace("$", @"\z", StringComparison.Ordinal)),
                "minProperties" => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() >= word.Value.GetInt32(),
                "properties" => value.ValueKind != JsonValueKind.Object
                    || value.EnumerateObject().All(p => !word.Value.TryGetProperty(p.Name, out var inner) || Valid(inner, p.Value)),
                "additionalProperties" => value.ValueKind != JsonValueKind.Object
                    || value.EnumerateObject().All(p => schema.GetProperty("properties").TryGetProperty(p.Name, out _)),
                "enum" => word.Value.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)),
                "items" => value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(v => Valid(word.Value, v)),
                "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= word.Value.GetInt32(),
                "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= word.Value.GetInt32(),
                var other => throw new InvalidOperationException($"The keyword {other} is not known here."),
            };
        return accepted;
    }

    private static bool Is(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var n) && n == decimal.Truncate(n),
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => throw new InvalidOperationException($"The type {type} is not known here."),
    };

    [GeneratedRegex(@"^#?(?<key>[a-z][a-z-]*): \S.*$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"'[;:] [^\n]*expected [^\n]*\n")]
    private static partial Regex Reason();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$")]
    private static partial Regex NumberLiteral();
}
