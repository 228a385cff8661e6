using System.Diagnostics;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Verdicts;
using Assay.Verdicts.Rules;

namespace Assay.Runs;

/// <summary>One comparison of two models: open, check, plan; then a preview, or measure, judge, report.</summary>
public sealed class VetSession : IDisposable
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly PrivateMemory _memory = new();
    private readonly VetRequest _request;
    private readonly VetWatcher _watcher;
    private readonly CancellationToken _cancellation;
    private readonly LanguageModel _base;
    private readonly LanguageModel _candidate;
    private readonly VetPreflight _ready;

    private VetSession(VetRequest request, VetWatcher watcher, LanguageModel baseModel, LanguageModel candidate, CancellationToken cancellation)
    {
        (_request, _watcher, _base, _candidate, _cancellation) = (request, watcher, baseModel, candidate, cancellation);
        _ready = VetPreflight.Run(request, baseModel, candidate, Compare, watcher.Note, cancellation);
    }

    /// <summary>Opens both models and checks everything that can be checked before a run.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="watcher">Told how far it is; null for nobody.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">Whatever is refused, all problems at once.</exception>
    public static VetSession Open(VetRequest request, VetWatcher? watcher = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var modelOptions = new LanguageModelOptions { Threads = request.Threads, MemoryBytes = request.MemoryBytes, AllowLong = request.AllowLong };
        var problems = new PreflightProblems();
        LanguageModel? baseModel = null, candidate = null;
        try
        {
            baseModel = problems.Try(() => LanguageModel.Open(request.Base, modelOptions));
            candidate = problems.Try(() => baseModel is null ? LanguageModel.Open(request.Candidate, modelOptions)
                : LanguageModel.Open(request.Candidate, modelOptions, baseModel));
            problems.ThrowIfAny();
            return new VetSession(request, watcher ?? new VetWatcher(), baseModel!, candidate!, cancellation);
        }
        catch
        {
            candidate?.Dispose();
            baseModel?.Dispose();
            throw;
        }
    }

    /// <summary>What would be measured and what it would cost; nothing is written.</summary>
    public VetPreview Preview()
    {
        var plan = _ready.Plan;
        var yaml = Plan();
        if (_ready.Decided) return new VetPreview(yaml, _ready.Early, []);
        var (prompts, documents) = Lengths();
        var (read, written) = Tokens(prompts, documents);
        var cost = Cost();
        return new VetPreview(yaml, null,
        [
            $"tokens      {read + written} at most: up to {written} of prompts and answers to write, {read} read by both models together",
            $"passes      {_ready.Needs.Count} sets of contexts, for the measures {string.Join(", ", plan.Measures)}",
            $"weights     {ByteSize.Format(_base.Checkpoint.Tensors.Sum(t => t.ByteLength) + _candidate.Checkpoint.Tensors.Sum(t => t.ByteLength))} to map",
            $"memory      {ByteSize.Format(_base.MemoryBytes)} allowed, {ByteSize.Format(MemoryBudget.Free())} free",
            "time        " + Duration(cost, VetForecast.Long).Words,
            .. Ways(cost),
            .. _ready.Plan.WeightsEqual ? [] : VetForecast.PowerLines(plan, _ready.Panels),
        ]);
    }

    /// <summary>The plan as YAML, with what it can show.</summary>
    private string Plan() => _ready.Plan.WeightsEqual ? PlanYaml.Write(_ready.Plan)
        : PlanYaml.Write(_ready.Plan, VetForecast.Power(_ready.Plan, _ready.Panels));

    /// <summary>Measures what an earlier run of the same plan has not left, judges and reports.</summary>
    /// <exception cref="InvalidInputException">The folder cannot be used, or the base is broken.</exception>
    public VetOutcome Run()
    {
        var plan = _ready.Plan;
        using var folder = RunFolder.Open(_ready.Folder);
        using var journal = RunJournal.Open(folder.JournalPath, _ready.RunHash, _request.Fresh);
        using var store = ScoreStore.Open(folder.ScoresPath, _request.Fresh || journal.Count == 0);
        folder.WritePlan(Plan());
        var measurements = VetReport.SameWeights(plan);
        var decision = _ready.Early;
        if (!_ready.Decided)
        {
            var work = new VetWork(_base, _candidate, plan, _ready.Needs, store, journal, _request.Shard, Cache(), _ready.Panels);
            var restored = work.Restore();
            if (restored > 0) _watcher.Note($"Going on from the journal: {restored} units are done.");
            var cost = Cost();
            foreach (var line in Ways(cost)) _watcher.Note(line);
            _watcher.Measuring(told => work.Run(cost.Together, new FirstResult(told, () => Foretell(cost, isWhole: restored == 0)), _cancellation));
            work.Finish();
            if (_request.Shard is { } part)
            {
                folder.WriteShard(new ShardFile(_ready.RunHash, part, _request));
                WriteEnvironment(folder);
                folder.Seal();
                return new VetOutcome(null, MeasurementSet.Empty, null, folder.Path);
            }

            var statistics = new Statistician(plan.Seed, _base.Team.Threads, cancellationToken: _cancellation);
            var reader = new ReplyReader(store, _ready.Panels, _base.RequireTokenizer(), ThoughtMarks.Of(_base))
            {
                Own = (_candidate.Tokenizer ?? _base.RequireTokenizer(), ThoughtMarks.Of(_candidate)),
            };
            if (reader.Refused(VetDesign.BaseAnswers(VetDesign.Benign)) is { } refused) store.LeaveOut(VetDesign.Benign, refused);
            var input = new MeasureInput(store, statistics, plan.Design, _cancellation)
            {
                Choice = _ready.Panels.Choice,
                Items = _ready.Panels.Items,
                Replies = reader.Replies,
                Answers = reader.Answers,
                Refused = reader.Refused,
            };
            _watcher.Measuring(told => measurements = measurements.And(MeasureCatalogue.Compute(_ready.Measures, input, told)));
            if (BrokenRule.Faults(measurements, "base", "The base").Sentences is { Count: > 0 } broken)
                throw new InvalidInputException([.. broken.Select(p =>
                    $"{_base.Checkpoint.Path}: {p} The base is broken, and nothing can be measured against it; fetch its weights again.")]);
            var weights = _ready.Weights;
            decision = VerdictRules.Decide(VetReport.Facts(plan, weights.Comparability, weights.Difference, weights.Unreadable), measurements,
                Margins.Of(plan.Margins));
        }

        var report = Report(decision, measurements, store);
        folder.WriteSamples(VetSampleRows.Of(store, _ready.Decided ? [] : _ready.Needs, _ready.Panels, Decode));
        folder.WriteReport(report);
        WriteEnvironment(folder);
        folder.Seal();
        return new VetOutcome(report, measurements, decision, folder.Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _candidate.Dispose();
        _base.Dispose();
        _memory.Dispose();
    }

    /// <summary>The cache that was asked for, or the one beside runs whose folder was not named.</summary>
    private YardstickCache? Cache()
    {
        var beside = _request.Output is null ? Path.Combine(Path.GetDirectoryName(_ready.Folder)!, "yardsticks") : null;
        return (_request.Cache ?? beside) is { } folder ? new YardstickCache(folder, _ready.Plan, _watcher.Note) : null;
    }

    private void WriteEnvironment(RunFolder folder) => folder.WriteEnvironment(RunEnvironment.Capture(folder.Path) with
    {
        Started = _started, Seconds = _watch.Elapsed.TotalSeconds, Threads = _base.Team.Threads, PeakPrivateBytes = _memory.PeakBytes,
    });

    private CheckpointDifference Compare() =>
        _watcher.Comparing(told => CheckpointComparer.Compare(_base.Checkpoint, _candidate.Checkpoint, _base.Team, told, _cancellation));

    private (Dictionary<string, int[]> Prompts, int[] Documents) Lengths()
    {
        var panels = _ready.Panels;
        var tokenizer = _base.RequireTokenizer();
        var prompts = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var panel in _ready.Needs.Where(n => n.Set.Policy != Policy.Reference).GroupBy(n => n.Set.Panel, StringComparer.Ordinal))
        {
            // Under the longest of its templates, so that what is told of a prompt is not too little.
            string[] templates = [.. panel.SelectMany(n => _ready.Plan.Design.TemplatesOf(n.Set)).Distinct(StringComparer.Ordinal)];
            prompts[panel.Key] = _ready.PromptLengths.GetValueOrDefault(panel.Key)
                ?? PromptTemplates.Lengths(_base, templates, panels.Items(panel.Key), _ready.Plan.Chat, _cancellation);
        }

        return (prompts, _ready.Needs.Any(n => n.Set is { Policy: Policy.Reference, IsChoices: false })
            ? [.. panels.Items("prose-0").Select(d => tokenizer.Encode(d.Text, true).Length)] : []);
    }

    private VetCost Cost()
    {
        var (prompts, documents) = Lengths();
        // A question's choices are read as a document's windows are.
        int[] choices = [.. _ready.Plan.Design.ChoicePanels.SelectMany(p => _ready.PromptLengths[p])];
        return VetCost.Of(_base, _candidate, _ready.Plan, [.. prompts.Values.SelectMany(p => p)], [.. documents, .. choices], MemoryBudget.Free());
    }

    /// <summary>Tokens that both models read, and that one of them reads and writes as prompts and answers, at most.</summary>
    private (long Read, long Written) Tokens(Dictionary<string, int[]> prompts, int[] documents)
    {
        var plan = _ready.Plan;
        long read = 0, written = 0;
        foreach (var need in _ready.Needs)
        {
            var most = need.Items ?? int.MaxValue;
            var samples = plan.Design.SamplesOf(need.Set) * plan.Design.TemplatesOf(need.Set).Length;
            var ids = need.Set.IsChoices ? _ready.PromptLengths[need.Set.Panel].Take(most).Sum(l => (long)l)
                : need.Set.Policy == Policy.Reference ? documents.Take(most).Sum(d => (long)d)
                : samples * prompts[need.Set.Panel].Take(most).Sum(p => (long)p + plan.TokensOf(need.Set) + plan.ThoughtTokensOf(need.Set));
            read += 2 * ids;
            if (need.Set.IsWritten && need.Set.Subject == ContextSet.Candidate) written += ids;
        }

        return (read, written);
    }

    /// <summary>Whether the run is long enough for a look at the pair's speed: of a small model on a few items it would take as long as the rest.</summary>
    private bool IsLong()
    {
        var (prompts, documents) = Lengths();
        var (read, written) = Tokens(prompts, documents);
        return (read + written) * (double)_ready.Plan.Base.Parameters > VetForecast.LeastWork;
    }

    /// <summary>Says what the plan can show, and how long it takes; the first result does not wait for that.</summary>
    private void Foretell(VetCost cost, bool isWhole)
    {
        foreach (var line in VetForecast.PowerLines(_ready.Plan, _ready.Panels)) _watcher.Note(line);
        // What is left of a run that goes on is not known.
        if (isWhole && IsLong()) _watcher.Foretold(Duration(cost, VetForecast.Short));
    }

    /// <summary>How long all of it takes, or the part that is computed here.</summary>
    private VetDuration Duration(VetCost cost, TimeSpan most)
    {
        var (prompts, documents) = Lengths();
        var all = VetForecast.Duration(_base, _candidate, _ready, prompts, documents, cost.Together, most, _cancellation);
        return _request.Shard is { Count: var parts } ? all.Part(parts) : all;
    }

    /// <summary>The way chosen and what it costs, in words.</summary>
    private IEnumerable<string> Ways(VetCost cost)
    {
        static string Place(bool spills) => spills ? $"in scratch files ({Path.GetTempPath()})" : "in memory";
        static string Size(LanguageModel model) => ByteSize.Format(model.Checkpoint.Tensors.Sum(t => t.ByteLength));
        yield return $"way         layer by layer over up to {cost.Together} texts at once, {cost.Stream.Rows} tokens a pass at most; their residual streams take {ByteSize.Format(cost.Stream.Bytes)}, {Place(cost.Stream.Spills)}";
        yield return $"decoding    keys and values of the answers take {ByteSize.Format(cost.Decoding.Bytes)} at most, {Place(cost.Decoding.Spills)}";
        yield return $"cost        of each kind of answers and of the reference text: the base's {Size(_base)} are gone through {cost.BaseReads} times at most, the candidate's {Size(_candidate)} {cost.CandidateReads} times";
    }

    private ReportDocument Report(VerdictDecision decision, MeasurementSet measurements, ScoreStore store)
    {
        var plan = _ready.Plan;
        return new ReportDocument
        {
            Verdict = new ReportVerdict(decision.Name, string.Join(" ", decision.Reasons.Prepend(decision.Sentence)), decision.ExitCode),
            Assay = RunEnvironment.AssayVersion,
            Protocol = VetPlan.ProtocolVersion,
            Limited = plan.Limited,
            Harms = VetReport.Harms(plan, measurements),
            Changes = VetReport.Changes(_ready.Weights.Difference),
            Deciding = [.. decision.Cites.Select(measurements.Find).OfType<Measurement>().Select(MeasureRow.Of)],
            Base = Model(plan.Base),
            Candidate = Model(plan.Candidate),
            Facts = VetReport.Compared(plan, _ready.PlanHash, store, _ready.Decided ? [] : _ready.Needs),
            Findings = [.. Files().Concat(VetReport.Findings(plan, measurements, _ready.Weights.Comparability, _ready.Weights.Difference,
                    decision.Verdict))
                .OrderByDescending(f => f.Severity)
                .Select(f => new ReportFinding(f.Name, f.Sentence, f.SeverityName))],
            Measures = [.. measurements.All.Select(MeasureRow.Of)],
            Worst = VetReport.Worst(store, plan.Design, _ready.Panels, Decode),
            Method = VetReport.Method(_ready.Measures),
            CannotTell = VetReport.CannotTell(_ready.Measures),
            Reproduce = VetReproduction.Line(_request, plan.Context),
        };
    }

    /// <summary>What the files of both models say without being run.</summary>
    private IEnumerable<Finding> Files() => new[] { (Model: _base, Who: "The base"), (Model: _candidate, Who: "The candidate") }
        .SelectMany(m => CheckpointFindings.Files(m.Model.Checkpoint, m.Who).Concat(CheckpointFindings.EndOfSequence(m.Model, m.Who)));

    private static ReportModel Model(ModelIdentity model) =>
        new(model.Name, model.Architecture, model.Parameters, model.Weights.Value, model.Packaging.Value, model.Packaging.ChatTemplate);

    private string Decode(IReadOnlyList<int> ids) => _base.RequireTokenizer().Decode([.. ids], skipSpecialTokens: true);
}
