using System.CommandLine;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>A key of a verb's configuration file: an argument or an option.</summary>
/// <param name="Name">The argument's name, or the option's long name without dashes.</param>
/// <param name="Symbol">The argument or option.</param>
/// <param name="Kind">What each value may be.</param>
/// <param name="Most">How many values at most.</param>
/// <param name="Required">Whether the verb does nothing without it.</param>
/// <param name="Word">What stands for the value in help.</param>
internal sealed record ConfigKey(string Name, Symbol Symbol, OptionKind Kind, int Most, bool Required, string Word)
{
    private const int MostValues = 1000;

    /// <summary>What a file never sets: what is asked of one call.</summary>
    public static readonly string[] Never = ["config", "dry-run", "json", "quiet", "verbose", "fresh", "overwrite"];

    /// <summary>What help says of it.</summary>
    public string Description => Symbol.Description ?? "";

    /// <summary>The value that stands without it, as text.</summary>
    public string? Default => ((IDescribed)Symbol).Default;

    /// <summary>An example of a value.</summary>
    public string Example => ((IDescribed)Symbol).Example ?? (Kind.Shape == OptionShape.Switch ? "true" : Word);

    /// <summary>The keys of a verb, arguments first; none where there is nothing to set.</summary>
    public static IReadOnlyList<ConfigKey> Of(Command command) =>
    [
        .. command.Arguments.OfType<IDescribed>().Select(a => (Argument)a)
            .Select(a => new ConfigKey(a.Name, a, ((IDescribed)a).Kind, Several(a.Arity), a.Arity.MinimumNumberOfValues > 0, a.HelpName!)),
        .. command.Options.OfType<IDescribed>().Select(o => (Option)o).Where(o => !Never.Contains(o.Name.TrimStart('-')))
            .Select(o => new ConfigKey(o.Name.TrimStart('-'), o, ((IDescribed)o).Kind, Several(o.Arity), o.Required, o.HelpName ?? "")),
    ];

    private static int Several(ArgumentArity arity) => Math.Clamp(arity.MaximumNumberOfValues, 1, MostValues);
}
