using System.CommandLine;
using System.CommandLine.Parsing;

namespace Assay.Cli.Commands;

/// <summary>Refuses paths that are none, before anything is opened: an empty one, which a script's unset variable gives, and one with a NUL, which no system
/// takes.</summary>
internal static class PathChecks
{
    /// <summary>What stands for a path in the help of an argument or option.</summary>
    private static readonly string[] Names = ["MODEL", "BASE", "CANDIDATE", "FILE", "FOLDER", "OUT"];

    /// <summary>Checks every argument and option of a verb whose help calls it a path.</summary>
    public static void Add(Command command)
    {
        foreach (var argument in command.Arguments.Where(a => IsPath(a.HelpName))) argument.Validators.Add(result => Check(result, argument.HelpName!));
        foreach (var option in command.Options.Where(o => IsPath(o.HelpName))) option.Validators.Add(result => Check(result, option.Name));
    }

    /// <summary>What is wrong with a path; null where nothing is.</summary>
    public static string? Problem(string path) => path.Length == 0 ? "is empty; a path is expected." : path.Contains('\0')
        ? "holds a NUL character, which no path has." : null;

    private static bool IsPath(string? name) => name is not null && Names.Any(name.Contains);

    private static void Check(SymbolResult result, string name)
    {
        foreach (var token in result.Tokens)
            if (Problem(token.Value) is { } problem) result.AddError($"{name} {problem}");
    }
}
