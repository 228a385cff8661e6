using System.Diagnostics;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Cli.Commands;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Verdicts;

namespace Assay.Cli;

/// <summary>One run of <c>assay vet</c>: open, check, plan, measure, judge, report.</summary>
internal sealed class VetSession(VetOptions options, bool bundled, Terminal terminal, CancellationToken cancellation)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    public int Run()
    {
        using var memory = new PrivateMemory();
        var modelOptions = new LanguageModelOptions { Threads = options.Threads, MemoryBytes = options.MemoryBytes, AllowLong = options.AllowLong };
        var problems = new ProblemList();
        using var openedBase = problems.Try(() => LanguageModel.Open(options.Base, modelOptions));
        using var openedCandidate = problems.Try(() => openedBase is null ? LanguageModel.Open(options.Candidate, modelOptions)
            : LanguageModel.Open(options.Candidate, modelOptions, openedBase));
        problems.ThrowIfAny();
        var (baseModel, candidate) = (openedBase!, openedCandidate!);
        var ready = VetPreflight.Run(options, baseModel, candidate, () => Compare(baseModel, candidate), Note, cancellation);
        var plan = ready.Plan;
        var yaml = PlanYaml.Write(plan);
        if (options.DryRun) return DryRun(baseModel, candidate, ready, yaml);

        using var folder = RunFolder.Open(ready.Folder);
        using var journal = RunJournal.Open(folder.JournalPath, ready.RunHash, options.Fresh);
        folder.WritePlan(yaml);
        VetSamples? samples = null;
        VetMeasures? measures = null;
        var decision = ready.Early;
        if (!ready.Decided)
        {
            if (journal.Count > 0) Note($"Going on from the journal: {journal.Count} items and documents are done.");
            var cost = Cost(baseModel, candidate, plan);
            foreach (var line in Ways(cost, baseModel, candidate)) Note(line);
            var entries = new VetJournal(journal);
            samples = StepProgress.Run(terminal, options.Quiet, told => new VetRun(baseModel, candidate, plan, cost.Together).Measure(entries, new Reporter(told), cancellation));
            if (ModelHealth.Of(samples, candidate: false) is { Usable: false } health)
                throw new InvalidInputException([.. health.Problems("The base").Select(p =>
                    $"{baseModel.Checkpoint.Path}: {p} The base is broken, and nothing can be measured against it; fetch its weights again.")]);
            measures = VetMeasures.Compute(plan, samples);
            var evidence = VetReport.Evidence(plan, ready.Comparability, ready.Difference, measures);
            decision = VerdictRules.Decide(evidence with { Broken = [.. evidence.Broken, .. ready.Unreadable] });
        }

        var report = Report(ready, decision, measures, samples, baseModel, candidate);
        folder.WriteSamples(samples is null ? [] : VetSampleRows.Of(samples, ids => Decode(baseModel, ids)));
        folder.WriteReport(report);
        folder.WriteEnvironment(RunEnvironment.Capture(folder.Path) with { Started = _started, Seconds = _watch.Elapsed.TotalSeconds, Threads = baseModel.Team.Threads, PeakPrivateBytes = memory.PeakBytes });
        folder.Seal();
        Show(report, folder);
        return decision.ExitCode;
    }

    private CheckpointDifference Compare(LanguageModel baseModel, LanguageModel candidate) =>
        StepProgress.Run(terminal, options.Quiet, told => CheckpointComparer.Compare(baseModel.Checkpoint, candidate.Checkpoint, baseModel.Team,
            new TensorReporter(told), cancellation));

    private int DryRun(LanguageModel baseModel, LanguageModel candidate, VetPreflight ready, string yaml)
    {
        terminal.Out.Write(yaml);
        var plan = ready.Plan;
        if (ready.Decided)
        {
            terminal.Out.WriteLine($"verdict without measuring: {ready.Early.Name}");
            foreach (var reason in ready.Early.Reasons.Prepend(ready.Early.Sentence)) terminal.WriteUntrusted(reason);
            return ready.Early.ExitCode;
        }

        var tokenizer = baseModel.RequireTokenizer();
        long prompts = VetRun.Prompts(plan).Sum(p => (long)baseModel.EncodeChat(p.Prompt, plan.Clock).Length), answers = 2L * plan.Items * plan.MaxNewTokens;
        var prose = VetRun.Prose(plan).Sum(d => (long)tokenizer.Encode(d.Text, true).Length);
        // Answers: the base writes them, both read them; reference text: both read it.
        var tokens = 3 * (prompts + answers) + 2 * prose;
        var speed = Probe(baseModel);
        foreach (var line in new[]
        {
            $"# tokens      {tokens} at most: {prompts} of prompts and up to {answers} of answers, three times; {prose} of reference text, twice",
            $"# weights     {ByteSize.Format(baseModel.Checkpoint.Tensors.Sum(t => t.ByteLength) + candidate.Checkpoint.Tensors.Sum(t => t.ByteLength))} to map",
            $"# memory      {ByteSize.Format(baseModel.MemoryBytes)} allowed, {ByteSize.Format(MemoryBudget.Free())} free",
            string.Create(CultureInfo.InvariantCulture, $"# speed       {speed:0} tokens a second read by the base, probed just now: at most {tokens / speed / 60:0.#} minutes if all were read"),
        }.Concat(Ways(Cost(baseModel, candidate, plan), baseModel, candidate).Select(w => "# " + w))) terminal.Out.WriteLine(line);
        return ExitCodes.Accepted;
    }

    private static VetCost Cost(LanguageModel baseModel, LanguageModel candidate, VetPlan plan) => VetCost.Of(baseModel, candidate, plan,
        [.. VetRun.Prompts(plan).Select(p => baseModel.EncodeChat(p.Prompt, plan.Clock).Length)], [.. VetRun.Prose(plan).Select(d => baseModel.RequireTokenizer().Encode(d.Text, true).Length)], MemoryBudget.Free());

    /// <summary>The way chosen and what it costs, in words.</summary>
    private static IEnumerable<string> Ways(VetCost cost, LanguageModel baseModel, LanguageModel candidate)
    {
        static string Place(bool spills) => spills ? $"in scratch files ({Path.GetTempPath()})" : "in memory";
        static string Size(LanguageModel model) => ByteSize.Format(model.Checkpoint.Tensors.Sum(t => t.ByteLength));
        yield return $"way         layer by layer over up to {cost.Together} texts at once, {cost.Stream.Rows} tokens a pass at most; their residual streams take {ByteSize.Format(cost.Stream.Bytes)}, {Place(cost.Stream.Spills)}";
        yield return $"decoding    keys and values of the answers take {ByteSize.Format(cost.Decoding.Bytes)} at most, {Place(cost.Decoding.Spills)}";
        yield return $"cost        the base's {Size(baseModel)} are gone through {cost.BaseReads} times at most, the candidate's {Size(candidate)} {cost.CandidateReads} times";
    }

    /// <summary>Tokens a second of reading, from about a second of it.</summary>
    private static double Probe(LanguageModel model)
    {
        var ids = Enumerable.Range(0, Math.Min(128, model.Spec.MaxPositions)).Select(i => i % Math.Min(100, model.ValidVocabulary)).ToArray();
        model.FinalHidden(ids);
        var watch = Stopwatch.StartNew();
        long tokens = 0;
        do
        {
            model.FinalHidden(ids);
            tokens += ids.Length;
        }
        while (watch.ElapsedMilliseconds < 800);
        return tokens / watch.Elapsed.TotalSeconds;
    }

    private ReportDocument Report(VetPreflight ready, VerdictDecision decision, VetMeasures? measures, VetSamples? samples, LanguageModel baseModel,
        LanguageModel candidate)
    {
        var plan = ready.Plan;
        var rows = measures is null ? VetReport.SameWeights() : VetReport.Rows(measures);
        return new ReportDocument
        {
            Verdict = new ReportVerdict(decision.Name, string.Join(" ", decision.Reasons.Prepend(decision.Sentence)), decision.ExitCode),
            Assay = RunEnvironment.AssayVersion,
            Protocol = VetPlan.ProtocolVersion,
            Limited = plan.Limited,
            Deciding = measures is null ? rows : VetReport.Deciding(rows),
            Base = Model(plan.Base),
            Candidate = Model(plan.Candidate),
            Facts = VetReport.Facts(plan, ready.PlanHash, samples),
            Findings = [.. Files(baseModel, candidate).Concat(VetReport.Findings(plan, measures, samples, ready.Comparability, ready.Difference))
                .OrderByDescending(f => f.Severity)
                .Select(f => new ReportFinding(f.Name, f.Sentence, f.SeverityName))],
            Measures = rows,
            Worst = samples is null || measures is null ? [] : VetReport.Worst(samples, measures, ids => Decode(baseModel, ids)),
            Method = VetReport.Method,
            CannotTell = VetReport.CannotTell,
            Reproduce = VetReproduction.Line(options, plan.Context, bundled),
        };
    }

    /// <summary>What the files of both models say without being run.</summary>
    private static IEnumerable<Finding> Files(LanguageModel baseModel, LanguageModel candidate) =>
        new[] { (Model: baseModel, Who: "The base"), (Model: candidate, Who: "The candidate") }
        .SelectMany(m => CheckpointFindings.Files(m.Model.Checkpoint, m.Who).Concat(CheckpointFindings.EndOfSequence(m.Model, m.Who)));

    private static ReportModel Model(ModelIdentity model) =>
        new(model.Name, model.Architecture, model.Parameters, model.Weights.Value, model.Packaging.Value, model.Packaging.ChatTemplate);

    private void Show(ReportDocument report, RunFolder folder)
    {
        if (options.Json)
        {
            terminal.Out.Write(System.Text.Encoding.UTF8.GetString(ReportJson.Write(report)));
            Note($"The run is in {folder.Path}.");
            return;
        }

        terminal.WriteUntrusted(report.Verdict.Name + (report.Limited ? " (limited run: not a verdict)" : ""));
        terminal.WriteUntrusted(report.Verdict.Sentence);
        terminal.Out.WriteLine();
        foreach (var row in report.Deciding) terminal.WriteUntrusted($"  {row.Id,-32} {row}");
        terminal.Out.WriteLine();
        foreach (var (role, model) in new[] { ("base", report.Base), ("candidate", report.Candidate) })
            terminal.WriteUntrusted($"  {role,-10} {model.Name}: weights {model.WeightsHash[..16]}, packaging {model.PackagingHash[..16]}");
        foreach (var fact in report.Facts.Where(f => f.Id is "seed" or "tensors_that_differ" || f.Id.EndsWith("_items", StringComparison.Ordinal) || f.Id.EndsWith("_documents", StringComparison.Ordinal)))
            terminal.WriteUntrusted($"  {fact.Id,-24} {fact.Value}");
        foreach (var finding in report.Findings) terminal.WriteUntrusted($"  {finding.Severity}: {finding.Id}: {finding.Sentence}");
        terminal.WriteUntrusted($"  report     {Path.Combine(folder.Path, "report.md")}");
        terminal.WriteUntrusted($"  again      {report.Reproduce}");
    }

    private void Note(string text)
    {
        if (!options.Quiet) terminal.Error.WriteLine(UntrustedText.Visible(text));
    }

    private static string Decode(LanguageModel model, int[] ids) => model.RequireTokenizer().Decode(ids, skipSpecialTokens: true);

    private sealed class Reporter(IProgress<StepProgress.Step> told) : IProgress<VetProgress>
    {
        public void Report(VetProgress value) => told.Report(new StepProgress.Step(value.Stage, value.Done, value.Total, value.Tokens));
    }

    private sealed class TensorReporter(IProgress<StepProgress.Step> told) : IProgress<DiffProgress>
    {
        public void Report(DiffProgress value) => told.Report(new StepProgress.Step("comparing tensors", value.Done, value.Total, 0));
    }
}
