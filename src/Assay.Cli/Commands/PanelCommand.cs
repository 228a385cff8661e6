using System.CommandLine;
using System.Text;
using Assay.Cli.Options;
using Assay.Evaluation.Prompts;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay panel</c>: writes the public fixed panel.</summary>
internal static class PanelCommand
{
    public static Command Create(Terminal terminal)
    {
        var items = SharedOptions.Count("--items", "Prompts; fewer are the beginning of more.", otherwise: PublicPanel.DefaultItems,
            most: OptionKind.MostCounted);
        var output = new KindOption<string?>("--output", OptionKind.Path, "File to write, named .jsonl (default: standard output).", "FILE", "-o");
        var overwrite = SharedOptions.Switch("--overwrite", "Replace an existing file.");
        var command = new Command("panel", "Write the public fixed panel: the same prompts for everybody, for assay vet --panel.") { items, output, overwrite };
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(output) is { } file) PublicPanel.Save(file, parsed.GetValue(items), parsed.GetValue(overwrite));
            else
            {
                using var lines = new MemoryStream();
                PublicPanel.Write(lines, parsed.GetValue(items));
                terminal.Out.Write(Encoding.UTF8.GetString(lines.ToArray()));
            }

            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }
}
