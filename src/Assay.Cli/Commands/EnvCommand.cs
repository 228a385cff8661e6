using System.CommandLine;
using System.Text;
using Assay.Reports;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay env</c>: what it runs on.</summary>
internal static class EnvCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = SharedOptions.Json();
        var command = new Command("env", "What Assay runs on: versions, processor, memory, disk.") { json };
        command.SetAction((parsed, _) =>
        {
            var environment = RunEnvironment.Capture(Directory.GetCurrentDirectory());
            if (parsed.GetValue(json)) terminal.Out.Write(Encoding.UTF8.GetString(environment.ToJson()));
            else
                foreach (var (name, value) in Lines(environment))
                    terminal.WriteUntrusted($"{name,-14} {value}");
            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }

    private static IEnumerable<(string Name, string Value)> Lines(RunEnvironment e) =>
    [
        ("assay", e.Assay), ("runtime", e.Runtime), ("system", $"{e.System} ({e.Architecture})"), ("processor", e.Processor), ("vectors", string.Join(", ", e.VectorSets)),
        ("processors", e.Processors.ToString()), ("memory", e.MemoryBytes is { } m ? ByteSize.Format(m) : "unknown"),
        ("free memory", e.FreeMemoryBytes is { } f ? ByteSize.Format(f) : "unknown"), ("memory limit", e.MemoryLimitBytes is { } l ? ByteSize.Format(l) : "none"),
        ("free disk", e.FreeDiskBytes is { } d ? ByteSize.Format(d) : "unknown"),
    ];
}
