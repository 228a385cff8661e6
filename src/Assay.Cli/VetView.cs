using System.Text;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Vetting;
using Assay.Reports;
using Assay.Runs;

namespace Assay.Cli;

/// <summary>Shows a comparison on the terminal: progress, preview, outcome.</summary>
internal sealed class VetView(Terminal terminal, bool quiet, bool asJson) : VetWatcher
{
    /// <summary>Runs a comparison, or only plans it, and shows what came of it.</summary>
    /// <returns>The exit code.</returns>
    public int Show(VetRequest request, bool dryRun, CancellationToken cancellation)
    {
        using var session = VetSession.Open(request, this, cancellation);
        if (dryRun) return Show(session.Preview());
        return Show(session.Run());
    }

    public override void Note(string text)
    {
        if (!quiet) terminal.Error.WriteLine(UntrustedText.Visible(text));
    }

    public override void Foretold(VetDuration duration) => Note("time        " + duration.Words);

    public override void Measuring(Action<IProgress<VetProgress>?> work) => StepProgress.Run(terminal, quiet, told =>
    {
        work(new Reporter(told));
        return 0;
    });

    public override CheckpointDifference Comparing(Func<IProgress<DiffProgress>?, CheckpointDifference> work) =>
        StepProgress.Run(terminal, quiet, told => work(new TensorReporter(told)));

    private int Show(VetPreview preview)
    {
        terminal.Out.Write(preview.Plan);
        foreach (var line in preview.Cost) terminal.Out.WriteLine("# " + line);
        if (preview.Decided is not { } decided) return ExitCodes.Accepted;
        terminal.Out.WriteLine($"verdict without measuring: {decided.Name}");
        foreach (var reason in decided.Reasons.Prepend(decided.Sentence)) terminal.WriteUntrusted(reason);
        return decided.ExitCode;
    }

    /// <summary>Shows what came of a comparison.</summary>
    /// <returns>The exit code.</returns>
    public int Show(VetOutcome outcome)
    {
        if (outcome is not { Report: { } report, Decision: { } decision })
        {
            terminal.WriteUntrusted($"This part is finished: {outcome.Folder}. assay merge joins all parts.");
            return ExitCodes.Accepted;
        }

        if (asJson)
        {
            terminal.Out.Write(Encoding.UTF8.GetString(ReportJson.Write(report)));
            Note($"The run is in {outcome.Folder}.");
            return decision.ExitCode;
        }

        foreach (var line in ReportText.Write(report, outcome.Folder, terminal.Columns)) terminal.Out.WriteLine(line);
        return decision.ExitCode;
    }

    private sealed class Reporter(IProgress<StepProgress.Step> told) : IProgress<VetProgress>
    {
        public void Report(VetProgress value) => told.Report(new StepProgress.Step(value.Stage, value.Done, value.Total, value.Tokens, value.Restored));
    }

    private sealed class TensorReporter(IProgress<StepProgress.Step> told) : IProgress<DiffProgress>
    {
        public void Report(DiffProgress value) => told.Report(new StepProgress.Step("comparing tensors", value.Done, value.Total, 0));
    }
}
