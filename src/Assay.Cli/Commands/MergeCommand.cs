using System.CommandLine;
using Assay.Cli.Options;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay merge RUN…</c>: joins the parts that <c>assay vet --shard</c> computed.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var runs = new KindArgument<string[]>("runs", OptionKind.Path, "Run folders of all parts, in any order.") { Arity = ArgumentArity.OneOrMore,
            HelpName = "RUN" };
        var output = new KindOption<string>("--output", OptionKind.Path, "Folder of the whole run.", "FOLDER", "-o") { Required = true };
        var first = new KindOption<string?>("--base", OptionKind.Path, "Where the base is here (default: where the parts had it).", "BASE");
        var second = new KindOption<string?>("--candidate", OptionKind.Path, "Where the candidate is here (default: where the parts had it).", "CANDIDATE");
        var (json, quiet, fresh) = (SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Fresh());
        var command = new Command("merge", "Join the parts of a comparison that assay vet --shard computed: the same bytes as of one process.") { runs, output, first, second, json, quiet, fresh };
        command.SetAction((parsed, cancellation) =>
        {
            var view = new VetView(terminal, parsed.GetValue(quiet), parsed.GetValue(json));
            return Task.FromResult(view.Show(VetMerge.Run(parsed.GetRequiredValue(runs), parsed.GetRequiredValue(output), parsed.GetValue(first), parsed.GetValue(second),
                parsed.GetValue(fresh), view, cancellation)));
        });
        return command;
    }
}
