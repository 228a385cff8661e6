using System.CommandLine;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay merge RUN…</c>: joins the parts that <c>assay vet --shard</c> computed.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var runs = new Argument<string[]>("runs") { Description = "Run folders of all parts, in any order.", HelpName = "RUN", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = "Folder of the whole run.", HelpName = "FOLDER", Required = true };
        var first = new Option<string?>("--base") { Description = "Where the base is here (default: where the parts had it).", HelpName = "BASE" };
        var second = new Option<string?>("--candidate") { Description = "Where the candidate is here (default: where the parts had it).", HelpName = "CANDIDATE" };
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
