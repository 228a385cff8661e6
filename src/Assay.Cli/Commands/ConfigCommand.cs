using System.CommandLine;
using Assay.Cli.Options;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay config --print|--schema [VERB]</c>: what a verb's configuration file may hold.</summary>
internal static class ConfigCommand
{
    public static Command Create(Terminal terminal, Command root)
    {
        var verbs = root.Subcommands.Where(c => ConfigKey.Of(c).Count > 0).ToDictionary(c => c.Name);
        var verb = new KindArgument<string>("verb", OptionKind.Choice([.. verbs.Keys]), $"One of {string.Join(", ", verbs.Keys)} (default vet).")
            { Arity = ArgumentArity.ZeroOrOne };
        var print = SharedOptions.Switch("--print", "Print the verb's full default configuration, for --config.");
        var schema = SharedOptions.Switch("--schema", "Print the JSON Schema of the verb's configuration file.");
        var command = new Command("config", "The full default configuration of a verb, or the schema of its configuration file.") { verb, print, schema };
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(print) == parsed.GetValue(schema)) throw new UsageException("assay config prints one of two things: pass --print or --schema.");
            var of = verbs[parsed.GetValue(verb) ?? "vet"];
            terminal.Out.Write(parsed.GetValue(print) ? ConfigText.Write(of) : ConfigSchema.Write(of));
            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }
}
