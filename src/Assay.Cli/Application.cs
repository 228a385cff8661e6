using System.CommandLine;
using Assay.Checkpoints;
using Assay.Cli.Commands;
using Assay.Cli.Options;

namespace Assay.Cli;

/// <summary>The whole command line: parse, run, and turn every outcome into an exit code.</summary>
internal static class Application
{
    // A word that begins with @ is a path or a text like any other: options live in --config.
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs one command line. Never throws.</summary>
    public static int Run(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation = default)
    {
        var verbose = args.Contains("-v") || args.Contains("--verbose");
        try
        {
            var parsed = Parse(args, terminal);
            if (parsed.Errors.Count > 0)
            {
                foreach (var error in parsed.Errors.Take(20)) terminal.WriteError(error.Message);
                terminal.WriteLog($"See 'assay {string.Concat(Path(parsed.CommandResult.Command))}--help'.");
                return ExitCodes.Usage;
            }

            return parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            }, cancellation).GetAwaiter().GetResult();
        }
        catch (UsageException usage)
        {
            terminal.WriteError(usage.Message);
            return ExitCodes.Usage;
        }
        catch (InvalidInputException input)
        {
            foreach (var problem in input.Problems) terminal.WriteError(problem);
            if (verbose) terminal.WriteTrace(input);
            return ExitCodes.BadInput;
        }
        catch (AggregateException several) when (several.Flatten().InnerExceptions.OfType<InvalidInputException>().FirstOrDefault() is not null)
        {
            // What threads of the framework found.
            foreach (var problem in several.Flatten().InnerExceptions.OfType<InvalidInputException>().SelectMany(i => i.Problems)
                .Distinct(StringComparer.Ordinal)) terminal.WriteError(problem);
            if (verbose) terminal.WriteTrace(several);
            return ExitCodes.BadInput;
        }
        catch (OutOfMemoryException)
        {
            terminal.WriteError("The input needs more memory than this machine gives. Use a smaller input, or allow less with --memory where the verb has it.");
            return ExitCodes.BadInput;
        }
        catch (OperationCanceledException)
        {
            terminal.WriteLog("Cancelled. What was finished is kept; the same command goes on from there.");
            return ExitCodes.Cancelled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Standard output above all: the disk that it is written to is full, or its reader has gone.
            terminal.WriteError($"Reading or writing failed: {e.Message}");
            if (verbose) terminal.WriteTrace(e);
            return ExitCodes.BadInput;
        }
        catch (Exception e)
        {
            terminal.WriteError($"{e.GetType().Name}: {e.Message}");
            if (verbose) terminal.WriteTrace(e);
            else terminal.WriteLog("This is a defect of Assay, not of your input. -v shows where it happened.");
            return ExitCodes.Internal;
        }
    }

    /// <summary>Reads one command line with the configuration file that it names.</summary>
    /// <exception cref="InvalidInputException">Every problem of the file at once.</exception>
    internal static ParseResult Parse(IReadOnlyList<string> args, Terminal terminal)
    {
        var root = Root(terminal);
        var parsed = root.Parse(args, s_parsing);
        var words = ConfigFile.Complete(parsed, args);
        return words == args ? parsed : root.Parse(words, s_parsing);
    }

    /// <summary>All verbs. Each that has anything to set reads <c>--config</c>.</summary>
    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Vets modified language models: what changed, how much, where, and what it cost.")
        {
            VetCommand.Create(terminal),
            MergeCommand.Create(terminal),
            DiffCommand.Create(terminal),
            DirectionsCommand.Create(terminal),
            AblateCommand.Create(terminal),
            InspectCommand.Create(terminal),
            ScoreCommand.Create(terminal),
            GenerateCommand.Create(terminal),
            EnvCommand.Create(terminal),
            LsCommand.Create(terminal),
            PanelCommand.Create(terminal),
        };
        foreach (var command in root.Subcommands.Where(c => ConfigKey.Of(c).Count > 0)) command.Options.Add(ConfigFile.Option());
        root.Add(ConfigCommand.Create(terminal, root));
        return root;
    }

    private static IEnumerable<string> Path(Command command) => command is RootCommand ? [] : [.. command.Parents.OfType<Command>().SelectMany(Path), command.Name + " "];
}
