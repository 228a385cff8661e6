using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Assay.Checkpoints;
using Assay.Cli.Options;
using Assay.Evaluation.Diffing;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Reports;
using Assay.Runs;
using Assay.Verdicts;
using Spectre.Console;

namespace Assay.Cli.Commands;

/// <summary><c>assay diff BASE CANDIDATE</c>: which tensors changed, how much, along what, and what most likely was done. Weights only.</summary>
internal static class DiffCommand
{
    public static Command Create(Terminal terminal)
    {
        var first = new KindArgument<string>("base", OptionKind.Path, $"The model that was changed: {SharedOptions.ModelKinds}.");
        var second = new KindArgument<string>("candidate", OptionKind.Path, "The changed model.");
        var output = new KindOption<string?>("--output", OptionKind.Path, "Folder for diff.json and diff.md.", "FOLDER", "-o");
        var (threads, json, quiet, verbose) = (SharedOptions.Threads(), SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var command = new Command("diff", "Weights only, no prompts: which tensors changed, how much, what rank, along which direction, what kind of change.") { first, second, output, threads, json, quiet, verbose };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(new DiffOptions
        {
            Base = parsed.GetRequiredValue(first), Candidate = parsed.GetRequiredValue(second), Output = parsed.GetValue(output), Threads = parsed.GetValue(threads) ?? 0,
            Json = parsed.GetValue(json), Quiet = parsed.GetValue(quiet), Verbose = parsed.GetValue(verbose),
        }, terminal, cancellation)));
        return command;
    }

    private static int Run(DiffOptions options, Terminal terminal, CancellationToken cancellation)
    {
        var (watch, started) = (Stopwatch.StartNew(), DateTimeOffset.UtcNow);
        using var memory = new PrivateMemory();
        using var original = Checkpoint.Open(options.Base);
        using var changed = Checkpoint.Open(options.Candidate);
        // Before the work, so that a folder that cannot be used is refused at once.
        using var folder = options.Output is null ? null : RunFolder.OpenDiff(options.Output);
        using var team = new WorkTeam(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        var difference = StepProgress.Run(terminal, options.Quiet, told => CheckpointComparer.Compare(original, changed, team, new Reporter(told), cancellation));
        // What other programs would load instead of these weights is told with the notes.
        var files = CheckpointFindings.Files(original, "The base").Concat(CheckpointFindings.Files(changed, "The candidate"));
        difference = difference with { Notes = [.. difference.Notes, .. files.Select(f => $"{f.SeverityName}: {f.Name}: {f.Sentence}")] };
        var document = new DiffDocument
        {
            Assay = RunEnvironment.AssayVersion, Story = DifferenceStory.Of(difference), Difference = difference, Energy = difference.Energy,
            Modules = DifferenceGroup.ByModule(difference), Layers = DifferenceGroup.ByLayer(difference),
        };
        if (folder is not null)
        {
            folder.WriteDiff(document);
            folder.WriteEnvironment(RunEnvironment.Capture(folder.Path) with { Started = started, Seconds = watch.Elapsed.TotalSeconds, Threads = team.Threads, PeakPrivateBytes = memory.PeakBytes });
            folder.Seal();
        }

        if (options.Json) terminal.Out.Write(Encoding.UTF8.GetString(DiffJson.Write(document)));
        else Show(document, options, terminal, folder);
        return ExitCodes.Accepted;
    }

    private static void Show(DiffDocument document, DiffOptions options, Terminal terminal, RunFolder? folder)
    {
        terminal.WriteUntrusted(document.Story.Sentence);
        terminal.Out.WriteLine();
        foreach (var sentence in document.Story.Evidence.Concat(document.Difference.Notes)) terminal.WriteUntrusted("  " + sentence);
        var groups = document.Modules.Where(g => g.Changed > 0).ToList();
        if (groups.Count > 0)
        {
            terminal.Out.WriteLine();
            var table = new Table().Border(TableBorder.Simple).AddColumns("module", "role", "differ", "kinds", "relative norm", "energy", "rank");
            foreach (var g in groups)
                table.AddRow(Cell(g.Name), Cell(g.Role?.ToString().ToLowerInvariant() ?? "–"), Cell($"{g.Changed} of {g.Tensors}"), Cell(DiffMarkdown.Kinds(g)), Cell(DiffMarkdown.Number(g.RelativeNorm)),
                    Cell(FormattableString.Invariant($"{g.EnergyShare:p1}")), Cell(DiffMarkdown.Ranks(g)));
            terminal.Results.Write(table);
        }

        if (options.Verbose)
            foreach (var t in document.Difference.Tensors.Where(t => t.Differs)) terminal.WriteUntrusted($"  {t.Name,-52} {DiffMarkdown.Label(t.Kind),-16} {DiffMarkdown.Number(t.RelativeNorm),-10} {t.Detail}");
        foreach (var v in document.Difference.Packaging.Values) terminal.WriteUntrusted($"  {v.File}: {v.Path}: {v.Base ?? "absent"} → {v.Candidate ?? "absent"}");
        if (folder is not null) terminal.WriteUntrusted($"  report     {Path.Combine(folder.Path, "diff.md")}");
    }

    private static Text Cell(string text) => new(UntrustedText.Visible(text));

    private sealed class Reporter(IProgress<StepProgress.Step> told) : IProgress<DiffProgress>
    {
        public void Report(DiffProgress value) => told.Report(new StepProgress.Step("comparing tensors", value.Done, value.Total, 0));
    }
}
