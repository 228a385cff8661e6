using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>The full default configuration of a verb as YAML, with what help says as comments. <see cref="ConfigFile"/> reads it.</summary>
internal static class ConfigText
{
    /// <summary>Writes it; what has no default, or one that is computed, is commented out, with no space behind the sign.</summary>
    public static string Write(Command command)
    {
        var text = new StringBuilder();
        text.Append("# assay ").Append(command.Name).Append(": ").Append(command.Description).Append('\n');
        text.Append("# For assay ").Append(command.Name).Append(" --config FILE; the command line wins. A line such as #key: value is commented out.\n");
        foreach (var key in ConfigKey.Of(command))
        {
            text.Append("\n# ").Append(key.Description).Append(key.Required ? " Required, here or on the command line.\n" : "\n");
            text.Append(key.Default is null ? "#" : "").Append(key.Name).Append(": ").Append(Value(key, key.Default ?? key.Example)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The mapping with every entry's default; null for a kind of another shape.</summary>
    public static string? Mapping(OptionKind kind) => kind.Fields.IsEmpty ? null
        : "{ " + string.Join(", ", kind.Fields.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Name}: {f.Default}"))) + " }";

    /// <summary>Words that YAML could take for something else stand in JSON's quotes, which YAML reads.</summary>
    private static string Value(ConfigKey key, string value) => key.Default is not null
        && key.Kind.Shape is OptionShape.Text or OptionShape.Time or OptionShape.List
        ? "\"" + JsonEncodedText.Encode(value) + "\"" : value;
}
