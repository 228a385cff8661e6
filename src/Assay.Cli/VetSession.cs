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
        using var baseModel = LanguageModel.Open(options.Base, modelOptions);
        using var candidate = LanguageModel.Open(options.Candidate, modelOptions, baseModel);
        Note("Hashing both models.");
        var (ours, theirs) = (ModelIdentity.Of(baseModel, null, cancellation), ModelIdentity.Of(candidate, null, cancellation));
        var plan = Plan(baseModel, ours, theirs);
        var comparability = ours.Weights.Value == theirs.Weights.Value ? new Comparability(true, true, null, null) : Comparability.Of(baseModel, candidate, cancellation);
        var early = VerdictRules.Decide(VetReport.Evidence(plan, comparability, null));
        var yaml = PlanYaml.Write(plan);
        if (options.DryRun) return DryRun(baseModel, candidate, plan, yaml, early);
        if (early.Verdict == Verdict.Incomparable) throw new InvalidInputException([$"{early.Name}: {early.Sentence}", .. early.Reasons]);
        CheckMemory(baseModel, candidate, plan);

        var hash = PlanYaml.Hash(yaml);
        using var folder = RunFolder.Open(options.Output ?? RunFolder.DefaultPath(hash, ours.Name, theirs.Name));
        using var journal = RunJournal.Open(folder.JournalPath, hash, options.Fresh);
        folder.WritePlan(yaml);
        VetSamples? samples = null;
        VetMeasures? measures = null;
        Finding? weights = null;
        var decision = early;
        if (early.Verdict is not (Verdict.Identical or Verdict.Packaging))
        {
            if (journal.Count > 0) Note($"Going on from the journal: {journal.Count} items and documents are done.");
            var cost = Cost(baseModel, candidate, plan);
            foreach (var line in Ways(cost, baseModel, candidate)) Note(line);
            var entries = new VetJournal(journal);
            samples = StepProgress.Run(terminal, options.Quiet, told => new VetRun(baseModel, candidate, plan, cost.Together).Measure(entries, new Reporter(told), cancellation));
            measures = VetMeasures.Compute(plan, samples);
            decision = VerdictRules.Decide(VetReport.Evidence(plan, comparability, measures));
            Note("Comparing the weights.");
            weights = FindingRules.Weights(CheckpointComparer.Compare(baseModel.Checkpoint, candidate.Checkpoint, baseModel.Team, null, cancellation));
        }

        var report = Report(plan, hash, decision, measures, samples, weights, baseModel);
        folder.WriteSamples(samples is null ? [] : VetSampleRows.Of(samples, ids => Decode(baseModel, ids)));
        folder.WriteReport(report);
        folder.WriteEnvironment(RunEnvironment.Capture(folder.Path) with { Started = _started, Seconds = _watch.Elapsed.TotalSeconds, Threads = baseModel.Team.Threads, PeakPrivateBytes = memory.PeakBytes });
        folder.Seal();
        Show(report, folder);
        return decision.ExitCode;
    }

    private VetPlan Plan(LanguageModel baseModel, ModelIdentity ours, ModelIdentity theirs)
    {
        baseModel.RequireTokenizer();
        var context = options.Context ?? Math.Min(512, baseModel.Spec.MaxPositions) / 2 * 2;
        if (context < 4 || context % 2 != 0) throw new InvalidInputException($"The context is {context} tokens; an even number of at least 4 is expected.");
        baseModel.CheckLength(context);
        return new VetPlan
        {
            Base = ours,
            Candidate = theirs,
            Seed = options.Seed ?? ChallengeSeed.Derive(theirs.Weights.Value, ours.Weights.Value, VetPlan.ProtocolVersion, options.Nonce ?? ""),
            SeedSource = options.Seed is not null ? "given by hand: whoever chose it may have known the candidate"
                : options.Nonce is { } nonce ? $"SHA-256 of both weights hashes, the protocol's version and the nonce '{nonce}'"
                : "SHA-256 of both weights hashes and the protocol's version; no nonce was given, so the candidate's author could have computed it",
            Items = Math.Min(options.Items, options.Limit ?? int.MaxValue),
            DocumentsPerDomain = Math.Min(options.DocumentsPerDomain, options.Limit ?? int.MaxValue),
            MaxNewTokens = options.MaxNewTokens,
            Context = context,
            Domains = ProseDomains.Names,
            ChatTemplate = baseModel.ChatTemplate is not null,
            Clock = options.Clock,
            Limited = options.Limit is not null,
        };
    }

    /// <summary>Refuses before anything runs where even the smallest batch does not fit.</summary>
    private static void CheckMemory(LanguageModel baseModel, LanguageModel candidate, VetPlan plan)
    {
        var needed = plan.Context * (Transformer.BytesPerRow(baseModel.Spec) + Transformer.BytesPerRow(candidate.Spec)) + 8L * Math.Max(baseModel.Spec.VocabularySize, candidate.Spec.VocabularySize);
        var free = MemoryBudget.Free();
        if (needed > free) throw new InvalidInputException($"One window of {plan.Context} tokens through both models takes {ByteSize.Format(needed)}; {ByteSize.Format(free)} are free. Close other programs or choose a smaller --context.");
    }

    private int DryRun(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, string yaml, VerdictDecision early)
    {
        terminal.Out.Write(yaml);
        if (early.Verdict is Verdict.Incomparable or Verdict.Identical or Verdict.Packaging)
        {
            terminal.Out.WriteLine($"verdict without measuring: {early.Name}");
            foreach (var reason in early.Reasons.Prepend(early.Sentence)) terminal.WriteUntrusted(reason);
            return early.ExitCode;
        }

        CheckMemory(baseModel, candidate, plan);
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

    private ReportDocument Report(VetPlan plan, string hash, VerdictDecision decision, VetMeasures? measures, VetSamples? samples, Finding? weights, LanguageModel baseModel)
    {
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
            Facts = VetReport.Facts(plan, hash, samples),
            Findings = [.. VetReport.Findings(plan, measures, samples, weights).Select(f => new ReportFinding(f.Name, f.Sentence))],
            Measures = rows,
            Worst = samples is null || measures is null ? [] : VetReport.Worst(samples, measures, ids => Decode(baseModel, ids)),
            Method = VetReport.Method,
            CannotTell = VetReport.CannotTell,
            Reproduce = "assay vet " + (bundled ? "" : "BASE CANDIDATE ") + string.Create(CultureInfo.InvariantCulture,
                $"--seed {plan.Seed} --items {plan.Items} --documents {plan.DocumentsPerDomain} --max-new-tokens {plan.MaxNewTokens} --context {plan.Context} --clock {plan.Clock.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}"),
        };
    }

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
        foreach (var finding in report.Findings) terminal.WriteUntrusted($"  {finding.Id}: {finding.Sentence}");
        terminal.WriteUntrusted($"  report     {Path.Combine(folder.Path, "report.md")}");
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
}
