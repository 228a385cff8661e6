using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Cli.Options;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay ablate MODEL --direction FILE -o OUT</c>: put an edit into weights, and prove it on the file that was written.</summary>
internal static class AblateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var direction = new KindOption<string>("--direction", OptionKind.Path, "File that 'assay directions -o' wrote: directions, places and strengths.")
            { Required = true };
        var output = new KindOption<string>("--output", OptionKind.Path,
            "What is written: a folder (a file for a GGUF model and for --as edit). Must not exist.", "OUT", "-o") { Required = true };
        var form = new KindOption<string>("--as", OptionKind.Choice("merged", "lora", "edit"),
            "merged: a checkpoint as the base was stored. lora: a PEFT adapter. edit: the edit itself, a few kilobytes, for its base only.",
                "merged|lora|edit") { Otherwise = "merged" };
        var strength = new KindOption<double?>("--strength", OptionKind.Number, "Factor on the file's strengths.");
        var preserve = SharedOptions.Switch("--preserve-norms",
            "Keep the norm of every column of (out, in). The change is then of full rank: no adapter equals it.");
        var input = SharedOptions.Switch("--input-side", "Edit what reads the residual stream instead of what writes to it.");
        var tied = SharedOptions.Switch("--keep-tied-head",
            "Let a tied head change with the embedding; by default it becomes a tensor of its own and keeps its rows, which llama.cpp cannot " +
            "run for gemma, gemma2 and cohere, nor older builds for gemma3.");
        var overwrite = SharedOptions.Switch("--overwrite", "Replace what is there, by renaming.");
        var (memory, dryRun, json, quiet, verbose) = (SharedOptions.Memory(), SharedOptions.DryRun(), SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var command = new Command("ablate", "Remove directions from a model's weights, write the result, and check the file that was written.") { model, direction, output, form, strength, preserve, input, tied, overwrite, memory, dryRun, json, quiet, verbose };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(new AblateOptions
        {
            Model = parsed.GetRequiredValue(model), Direction = parsed.GetRequiredValue(direction), Output = parsed.GetRequiredValue(output),
            As = Enum.Parse<AblateForm>(parsed.GetRequiredValue(form), ignoreCase: true), Strength = parsed.GetValue(strength),
            PreserveNorms = parsed.GetValue(preserve), InputSide = parsed.GetValue(input), KeepTiedHead = parsed.GetValue(tied), Overwrite = parsed.GetValue(overwrite), MemoryBytes = parsed.GetValue(memory) ?? 0, DryRun = parsed.GetValue(dryRun),
            Json = parsed.GetValue(json), Quiet = parsed.GetValue(quiet), Verbose = parsed.GetValue(verbose),
        }, terminal, cancellation)));
        return command;
    }

    private static int Run(AblateOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var memory = new PrivateMemory();
        var file = EditFile.Read(options.Direction);
        var edits = options.Strength is { } times ? [.. file.Edits.Select(e => e with { Places = [.. e.Places.Select(p => p with { Strength = p.Strength * times })] })] : file.Edits;
        var how = new EditOptions { PreserveNorms = file.Options.PreserveNorms || options.PreserveNorms, InputSide = file.Options.InputSide || options.InputSide, KeepTiedHead = file.Options.KeepTiedHead || options.KeepTiedHead };
        using var model = EditableModel.Open(options.Model);
        if (!options.Quiet) terminal.Error.WriteLine("Hashing the model.");
        file.RequireBase(model);
        var (fate, warning) = (TiedHeads.Fate(model, edits, how), TiedHeads.Warning(model, edits, how));
        if (options.DryRun)
        {
            if (options.As == AblateForm.Lora) LoraExport.Validate(model, edits, how);
            else MergedCheckpoint.Validate(model, edits, how);
            if (!options.Overwrite && Path.Exists(options.Output)) throw new InvalidInputException($"{options.Output}: exists already; nothing is overwritten unless asked for (--overwrite). Choose another target.");
            foreach (var line in Plan(edits, how)) terminal.WriteUntrusted(line);
            if (fate is not null) terminal.WriteUntrusted($"the head {fate}");
            if (warning is not null) terminal.WriteUntrusted($"warning: {warning}");
            return ExitCodes.Accepted;
        }

        switch (options.As)
        {
            case AblateForm.Edit:
                MergedCheckpoint.Validate(model, edits, how); // What no checkpoint can be made of is no edit either.
                (file with { Edits = edits, Options = how }).Write(options.Output, options.Overwrite);
                Written(options, terminal, []);
                break;
            case AblateForm.Lora:
                LoraExport.Write(model, edits, options.Output, how, options.Overwrite, cancellation);
                Written(options, terminal, [("use", $"assay vet MODEL MODEL+{options.Output}"), .. Heads(fate, warning)]);
                break;
            default:
                Told(MergedCheckpoint.Write(model, edits, options.Output, how, options.Overwrite, null, cancellation), Heads(fate, warning), memory, options,
                    terminal);
                break;
        }

        return ExitCodes.Accepted;
    }

    /// <summary>What would be edited, a line each.</summary>
    private static IEnumerable<string> Plan(ImmutableArray<WeightEdit> edits, EditOptions how)
    {
        foreach (var edit in edits)
        {
            var from = edit.Direction.Site is { } site ? $" of {site} at {edit.Direction.Position?.ToString(CultureInfo.InvariantCulture) ?? "the mean"}" : "";
            foreach (var places in edit.Places.GroupBy(p => (p.Writer, p.Strength)))
                yield return FormattableString.Invariant($"{edit.Direction.Estimator}{from}: {(places.Key.Writer == ResidualWriter.Embedding ? "embedding" : $"{places.Key.Writer.ToString().ToLowerInvariant()} of layers {string.Join(", ", places.Select(p => p.Layer))}")}, strength {places.Key.Strength:0.###}");
        }

        if (how.PreserveNorms) yield return "norms of columns are kept";
        if (how.InputSide) yield return "what reads is edited, not what writes";
    }

    private static IEnumerable<(string Name, string Text)> Heads(string? fate, string? warning)
    {
        if (fate is not null) yield return ("head", fate);
        if (warning is not null) yield return ("warning", warning);
    }

    private static void Told(EditReport report, IEnumerable<(string Name, string Text)> heads, PrivateMemory memory, AblateOptions options, Terminal terminal)
    {
        (string Name, string Text)[] facts =
        [
            ("edited", $"{report.Edited.Length} tensors, read back as promised: error at most {Number(report.Edited.Select(e => e.Error))} of the norm{(report.Edited.Any(e => e.Residual is not null) ? $", of the direction at most {Number(report.Edited.Select(e => e.Residual ?? 0))} left" : "")}"),
            ("norms", $"kept, but of {report.Edited.Sum(e => e.NotRescaled)} columns that were nearly all direction: what is left of them is rounding, and stays as small"),
            ("merged", $"{report.Merged.Length} tensors that only an adapter changes"), ("added", report.Added.IsEmpty ? "none" : string.Join(", ", report.Added)), ("untouched", $"{report.Untouched.Length} tensors, byte for byte"),
            ("left out", report.LeftOut.IsEmpty ? "none" : $"{string.Join(", ", report.LeftOut)}: other weights, which would have stayed unedited"),
            .. heads, ("memory", Memory(memory.PeakBytes, options.MemoryBytes)),
        ];
        Written(options, terminal, [.. facts.Where(f => f.Name switch { "merged" => report.Merged.Length > 0, "norms" => report.Edited.Any(e => e.NotRescaled > 0), _ => true })], memory.PeakBytes);
        if (options.Verbose && !options.Json)
            foreach (var e in report.Edited) terminal.WriteUntrusted(FormattableString.Invariant($"  {e.Name,-56} {e.DType,-5} change {e.Change:g3} error {e.Error:g2} left {(e.Residual is { } left ? left.ToString("g2", CultureInfo.InvariantCulture) : "–")}"));
    }

    private static void Written(AblateOptions options, Terminal terminal, (string Name, string Text)[] facts, long peak = 0)
    {
        if (options.Json)
        {
            terminal.Out.Write(JsonLines.Object(json =>
            {
                json.WriteString("output", options.Output);
                json.WriteString("as", options.As.ToString().ToLowerInvariant());
                if (peak > 0) json.WriteNumber("peak_private_bytes", peak);
                foreach (var (name, text) in facts) json.WriteString(name.Replace(' ', '_'), text);
            }));
            return;
        }

        terminal.WriteUntrusted($"{"written",-10} {options.Output}");
        foreach (var (name, text) in facts) terminal.WriteUntrusted($"{name,-10} {text}");
    }

    /// <summary>Tensors are streamed by rows, so that no allowance changes what is done; one that was exceeded is told.</summary>
    private static string Memory(long peak, long allowed) => $"{ByteSize.Format(peak)} of private memory at most{(allowed > 0 && peak > allowed ? $", more than the {ByteSize.Format(allowed)} allowed: the program itself takes that much" : "")}";

    private static string Number(IEnumerable<double> values) => values.DefaultIfEmpty(0).Max().ToString("g2", CultureInfo.InvariantCulture);
}
