using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>All that is known, and all that is refused, before a comparison starts to measure; a dry run ends here.</summary>
/// <remarks>Problems are collected, so that one attempt shows all of them. What reads all weights once more is done only where nothing else is wrong.</remarks>
internal sealed class VetPreflight
{
    private readonly Lazy<WeightsComparison> _weights;

    private VetPreflight(VetPlan plan, string planHash, string runHash, string folder, Lazy<WeightsComparison> weights, VerdictDecision early,
        IReadOnlyList<IMeasure> measures,
        IReadOnlyDictionary<string, int[]> lengths, Panels panels)
    {
        (PromptLengths, Panels) = (lengths, panels);
        (Plan, PlanHash, RunHash, Folder, Measures) = (plan, planHash, runHash, folder, measures);
        (_weights, Early) = (weights, early);
    }

    public VetPlan Plan { get; }

    /// <summary>The measures taken.</summary>
    public IReadOnlyList<IMeasure> Measures { get; }

    /// <summary>What has to be scored for them; the pilot first, since the reasoning cores are chosen by it.</summary>
    public IReadOnlyList<SetNeed> Needs => [.. MeasureCatalogue.Union(Measures, Plan.Design).OrderBy(n => n.Set.Panel != VetDesign.Pilot)];

    /// <summary>The items of the plan's panels, drawn once.</summary>
    public Panels Panels { get; }

    /// <summary>Of each panel's items the tokens of its prompt under the longest of the panels' templates.</summary>
    public IReadOnlyDictionary<string, int[]> PromptLengths { get; }

    /// <summary>Hash of what is measured.</summary>
    public string PlanHash { get; }

    /// <summary>Hash that the journal has to name.</summary>
    public string RunHash { get; }

    /// <summary>Folder of the run.</summary>
    public string Folder { get; }

    /// <summary>The weights compared: as soon as it is asked for, unless that had to be known before.</summary>
    public WeightsComparison Weights => _weights.Value;

    /// <summary>The verdict without measuring.</summary>
    public VerdictDecision Early { get; }

    /// <summary>Whether the verdict is known without measuring.</summary>
    public bool Decided => Early.Verdict == Verdict.Identical
        || Early.Verdict == Verdict.Packaging && Needs.Count == 0 && Plan.Design.OwnPackagingRefused is null;

    /// <summary>Checks everything.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="compare">Compares the weights.</param>
    /// <param name="note">Told what takes long.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">All problems that were found.</exception>
    public static VetPreflight Run(VetRequest options, LanguageModel baseModel, LanguageModel candidate, Func<CheckpointDifference> compare,
        Action<string> note, CancellationToken cancellation)
    {
        var problems = new PreflightProblems();
        problems.Try(() => baseModel.RequireTokenizer());
        var longest = Math.Min(baseModel.Spec.MaxPositions, candidate.Spec.MaxPositions) / 2 * 2;
        var context = options.Context ?? Math.Min(options.Tier.Windows[0], longest);
        ImmutableArray<int> windows = options.Context is not null ? [context] : [context, .. options.Tier.Windows.Skip(1).Where(w => w <= longest)];
        if (context < 4 || context % 2 != 0)
        {
            problems.Add(options.Context is null
                ? $"The models have {Math.Min(baseModel.Spec.MaxPositions, candidate.Spec.MaxPositions)} positions (max_position_embeddings); a context of " +
                    "at least 4 tokens is needed."
                : $"--context is {context}; an even number of at least 4 is expected.");
        }

        foreach (var model in new[] { baseModel, candidate }) problems.Try(() => model.CheckLength(context));
        foreach (var problem in options.Margins.Problems) problems.Add(problem);
        var asked = Chosen(options, problems);
        note("Hashing both models.");
        var (first, second) = (ModelIdentity.Of(baseModel, null, cancellation), ModelIdentity.Of(candidate, null, cancellation));
        var seed = options.Seed ?? ChallengeSeed.Derive(second.Weights.Value, first.Weights.Value, VetPlan.ProtocolVersion, options.Nonce ?? "");
        var templates = options.Templates ?? options.Tier.Templates;
        if (templates < 1 || templates > PromptTemplates.All.Length)
            problems.Add($"--templates is {templates}; a whole number from 1 to {PromptTemplates.All.Length} is expected.");
        // Of equal weights only the packaging is left to be measured.
        var equal = first.Weights.Value == second.Weights.Value;
        IReadOnlyList<IMeasure> measures = equal ? [.. asked.Where(m => m is PackagingMeasure)] : asked;
        // Without a measure that reads their answers, questions are not asked.
        var cores = measures.Any(m => m is RefusalMeasure or TaskMeasure or PreservationMeasure)
            ? Math.Min(options.Cores ?? options.Tier.Cores, options.Limit ?? int.MaxValue) : 0;
        var texts = problems.Try(() => TextDomains.Read(options.Texts));
        var known = options.PublicPanel is { } list ? problems.Try(() => PanelFile.Read(list)) : null;
        // Files are checked whatever is measured; questions that no measure reads are not asked.
        var tasks = problems.Try(() => TaskSets.Read(options.Tasks, options.Limit));
        var triggers = problems.Try(() => TaskSets.ReadTriggers(options.Triggers, options.Limit));
        var plan = PlanOf(options, baseModel, first, second, windows, measures, seed, cores);
        plan = plan with
        {
            PublicPrompts = known is null ? [] : [.. known.Prompts.Take(options.Limit ?? int.MaxValue)], PublicHash = known?.Hash,
            Design = plan.Design with { PublicItems = Math.Min(known?.Prompts.Length ?? 0, options.Limit ?? int.MaxValue) },
            Texts = texts.IsDefault ? [] : texts,
            Tasks = tasks.IsDefault || !measures.Any(m => m is TaskMeasure or TaskRefusalMeasure) ? [] : tasks,
            Triggers = triggers.IsDefault || !measures.Any(m => m is TriggerMeasure) ? [] : triggers,
            Thinking = options.Thinking is { } on ? problems.Try(() => ThinkingSwitch.Find(baseModel, on, options.Clock)) : null,
        };
        // Where both hashes are the same, nothing is generated.
        if (!equal || plan.Design.OwnPackaging) problems.Try(() => baseModel.Generation.GreedyReply(plan.MaxNewTokens));
        var lengths = new Dictionary<string, int[]>(StringComparer.Ordinal);
        if (plan.Design.Cores > 0) plan = problems.Try(() => WithPilot(options, baseModel, candidate, plan, cancellation)) ?? plan;
        // What the prompts tell of the plan from here on changes none of them.
        var panels = new Panels(plan);
        plan = plan with { Design = plan.Design with
        {
            QuestionPanels = [.. new[] { VetDesign.Tasks, VetDesign.TriggerTasks, VetDesign.OwnTriggers }.Where(p => panels.Items(p).Count > 0)],
            ChoicePanels = [.. new[] { VetDesign.Choices, VetDesign.TriggerChoices }.Where(p => panels.Items(p).Count > 0)],
            HarmTests = HarmTable.Tests(cores > 0, p => panels.Items(p).Count, measures.Any(m => m is PerplexityMeasure)
                ? panels.Items(VetDesign.Prose(context).Panel).CountBy(d => d.Stratum).Count(d => d.Value >= PerplexityMeasure.LeastDocuments) : 0,
                plan.Design.Prefix is not null),
        } };
        plan = problems.Try(() => Prompts(options, baseModel, candidate, plan, panels, problems, lengths, cancellation)) ?? plan;
        var planHash = RunIdentity.Plan(plan);
        var runHash = RunIdentity.Run(planHash);
        var folder = options.Output ?? RunFolder.DefaultPath(runHash, first.Name, second.Name) + (options.Shard is { } part ? $"-part-{part.Index}-of-{part.Count}" : "");
        problems.Add(RunFolderCheck.Problem(folder, runHash, options.Fresh));
        var tokens = Comparability.Of(baseModel, candidate, null);
        if (VerdictRules.Decide(VetReport.Facts(plan, tokens, null, []), MeasurementSet.Empty, options.Margins) is { Verdict: Verdict.Incomparable } other)
            problems.Add(Text(other));
        problems.ThrowIfAny();

        var weights = new Lazy<WeightsComparison>(() =>
        {
            if (!equal) note("Comparing the weights.");
            var difference = equal ? null : compare();
            var comparability = Comparability.Of(baseModel, candidate, difference);
            if (VerdictRules.Decide(VetReport.Facts(plan, comparability, difference, []), MeasurementSet.Empty, options.Margins)
                is { Verdict: Verdict.Incomparable } strangers)
                throw new InvalidInputException([$"{strangers.Name}: {strangers.Sentence}", .. strangers.Reasons]);
            return new WeightsComparison(comparability, difference, difference is null ? [] : BrokenRows.Find(candidate, difference, cancellation));
        });
        // Nobody waits for measures of two models that have nothing in common. Of two that plainly have, all weights are compared once the measures are done.
        if (!equal && !Comparability.PlainlyRelated(baseModel, candidate)) _ = weights.Value;
        var early = VerdictRules.Decide(VetReport.Facts(plan, tokens, null, []), VetReport.SameWeights(plan), options.Margins);
        return new VetPreflight(plan, planHash, runHash, folder, weights, early, measures, lengths, panels);
    }

    /// <summary>The measures asked for, in the catalogue's order; all where none is named.</summary>
    private static IReadOnlyList<IMeasure> Chosen(VetRequest options, PreflightProblems problems)
    {
        foreach (var id in options.Measures.Where(id => MeasureCatalogue.Find(id) is null))
            problems.Add($"--measures names '{id}'; expected of {string.Join(", ", MeasureCatalogue.All.Select(m => m.Info.Id))}.");
        return options.Measures.Count == 0 ? MeasureCatalogue.All
            : [.. MeasureCatalogue.All.Where(m => options.Measures.Concat(MeasureCatalogue.Always).Contains(m.Info.Id, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>An INCOMPARABLE as one problem among others.</summary>
    private static string Text(VerdictDecision decision) => $"{decision.Name}: {decision.Sentence} {string.Join(" ", decision.Reasons)}";

    private static VetPlan PlanOf(VetRequest options, LanguageModel baseModel, ModelIdentity first, ModelIdentity second, ImmutableArray<int> windows,
        IReadOnlyList<IMeasure> measures, ulong seed, int cores) => new()
    {
        Base = first,
        Candidate = second,
        Seed = seed,
        SeedSource = options.Seed is not null ? "given by hand: whoever chose it may have known the candidate"
            : options.Nonce is { } nonce ? $"SHA-256 of both weights hashes, the protocol's version and the nonce '{nonce}'"
            : "SHA-256 of both weights hashes and the protocol's version; no nonce was given, so the candidate's author could have computed it",
        Items = Math.Min(options.Items ?? options.Tier.Items, options.Limit ?? int.MaxValue),
        DocumentsPerDomain = Math.Min(options.DocumentsPerDomain ?? options.Tier.DocumentsPerDomain, options.Limit ?? int.MaxValue),
        MaxNewTokens = options.MaxNewTokens ?? options.Tier.MaxNewTokens,
        Design = new VetDesign
        {
            Windows = windows, Samples = options.Samples ?? options.Tier.Samples, Templates = options.Tier.Sensitivity ? PromptTemplates.All : [],
            // A number that is refused is told with the other problems.
            PanelTemplates = PromptTemplates.Draw(seed, Math.Clamp(options.Templates ?? options.Tier.Templates, 1, PromptTemplates.All.Length)),
            WeightsEqual = first.Weights.Value == second.Weights.Value, OwnPackaging = first.Packaging.Value != second.Packaging.Value,
            SensitivityItems = Math.Min(64, options.Limit ?? int.MaxValue),
            Cores = cores,
            Prefix = cores == 0 || !measures.Any(m => m is RefusalMeasure) ? null : (options.Prefix ?? options.Tier.Prefix) is { Length: > 0 } prefix ? prefix
                : null,
            Yardsticks = options.Tier.Yardsticks, YardstickItems = Math.Min(32, options.Limit ?? int.MaxValue),
        },
        Measures = [.. measures.Select(m => m.Info.Id)],
        Domains = ProseDomains.Names,
        ChatTemplate = baseModel.ChatTemplate is not null,
        ForbiddenBy = (baseModel.Generation.Rules with { ForcedEosTokenIds = [] }).Keys,
        Clock = options.Clock,
        Limited = options.Limit is not null,
        Claim = options.Claim,
        Margins = options.Margins.Problems.Count > 0 ? [] : options.Margins.Changed,
    };

    /// <summary>The plan with the pilot's families: those whose prompts leave room for a reply.</summary>
    private static VetPlan WithPilot(VetRequest options, LanguageModel baseModel, LanguageModel candidate, VetPlan plan, CancellationToken cancellation)
    {
        var items = Pilot.QuestionsFor(plan.Design.Cores);
        if (items == 0 || baseModel.Tokenizer is null) return plan;
        var positions = options.AllowLong ? int.MaxValue : Math.Min(baseModel.Spec.MaxPositions, candidate.Spec.MaxPositions);
        var families = Pilot.Fitting(plan.Seed, items, positions,
            asked => PromptTemplates.Lengths(baseModel, [ContextSet.Plain], [.. asked.Select(PanelItem.Of)], plan.Chat, cancellation));
        return families.IsEmpty ? plan : plan with { Design = plan.Design with { PilotItems = items, PilotFamilies = families } };
    }

    /// <summary>Prompts and answers must fit both models, memory must hold the longest text, and the base must say something.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="plan">The plan so far.</param>
    /// <param name="panels">Its items.</param>
    /// <param name="problems">Where problems go.</param>
    /// <param name="lengths">Filled: of each panel's items the tokens of its longest prompt.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <returns>The plan with what only the prompts tell: the tokens of a thought, and whether the candidate's own packaging can be carried out.</returns>
    private static VetPlan Prompts(VetRequest options, LanguageModel baseModel, LanguageModel candidate, VetPlan plan, Panels panels,
        PreflightProblems problems,
        Dictionary<string, int[]> lengths, CancellationToken cancellation)
    {
        if (baseModel.Tokenizer is null) return plan;
        foreach (var panel in plan.Design.Panels)
            lengths[panel] = Lengths(panel, plan.Design.PanelTemplates);
        // Some benign cores are asked in their other wording too.
        if (plan.Design.PilotItems > 0) lengths[VetDesign.Pilot] = Lengths(VetDesign.Pilot, plan.Design.CoreTemplates);
        // Which questions the cores are is known after the pilot; they are like its.
        foreach (var panel in plan.Design.Cores > 0 ? VetDesign.CorePanels : [])
            lengths[panel] = lengths.TryGetValue(VetDesign.Pilot, out var like) ? [.. Enumerable.Range(0, plan.Design.Cores).Select(i => like[i % like.Length])]
                : Lengths(panel, [.. plan.Design.CoreTemplates.Where(t => t != ContextSet.Paraphrase || panel == VetDesign.BenignCores)]);
        foreach (var panel in plan.Design.QuestionPanels) lengths[panel] = Lengths(panel, [ContextSet.Plain]);
        var first = PromptTemplates.Encode(baseModel, plan.Design.PanelTemplates[0], panels.Items(plan.Design.Panels[0])[0], plan.Chat);
        var longest = lengths.Values.Max(l => l.Max());
        if (longest > int.MaxValue / 2 - plan.MaxNewTokens)
        {
            problems.Add($"--max-new-tokens is {plan.MaxNewTokens}; with a prompt of {longest} tokens that is more than any sequence holds.");
            return plan;
        }

        var positions = Math.Min(baseModel.Spec.MaxPositions, candidate.Spec.MaxPositions);
        if (plan.Design.OwnPackaging && OwnLengths() is > 0 and var ownLongest) longest = Math.Max(longest, ownLongest);
        // Shorter where the positions leave no more: a reply that is cut there would be cut in use too.
        if (plan.Design.JudgesReplies && !options.AllowLong)
        {
            var least = Math.Min(plan.MaxNewTokens, ReplyClassifier.LeastTokens);
            plan = plan with
            {
                MaxReplyTokens = Math.Clamp(positions - longest, least, ReplyClassifier.LeastTokens),
                PilotReplyTokens = Math.Clamp(positions - longest, least, Pilot.ReplyTokens),
                Positions = positions,
            };
        }

        if (plan.Design.OwnPackaging) plan = plan with { Design = plan.Design with { OwnPackagingRefused = OwnPackagingProblem(candidate, plan, panels) } };
        // Ids that the head does not have are told by the model itself.
        var next = -1;
        if (problems.Empty && LogitProbe.Check(baseModel, first, out next, cancellation) is { } broken)
            problems.Add($"{baseModel.Checkpoint.Path}: the base is broken: {broken}. Nothing can be measured against it; fetch its weights again.");
        if (ThoughtMarks.Of(baseModel) is { } marks && (marks.Opens(first) || next == marks.Start))
        {
            // Where nothing is asked for, thoughts have what the positions leave beside the longest prompt and answer.
            var room = Math.Max(0, positions - longest - plan.LongestAnswer);
            plan = plan with { MaxThoughtTokens = options.MaxThoughtTokens ?? Math.Min(VetRequest.DefaultThoughtTokens, room) };
        }

        var longestChoice = Choices();
        foreach (var model in new[] { baseModel, candidate })
        {
            if (longestChoice > model.Spec.MaxPositions) problems.Try(() => model.CheckLength(longestChoice));
            if (longest + plan.LongestAnswer > model.Spec.MaxPositions)
                problems.Try(() => CheckAnswer(model, longest, plan));
        }

        var rows = (long)Math.Max(Math.Max(plan.Context, longestChoice), longest + plan.LongestAnswer);
        if (plan.Design.PublicItems > 0)
        {
            // They decide nothing about the other panels: how long a list of somebody else's is shortens no answer.
            lengths[VetDesign.Public] = Lengths(VetDesign.Public, [ContextSet.Plain]);
            foreach (var model in new[] { baseModel, candidate }) problems.Try(() => CheckPublic(model, lengths[VetDesign.Public], plan));
            rows = Math.Max(rows, lengths[VetDesign.Public].Max() + 1L);
        }

        var needed = checked(rows * (Transformer.BytesPerRow(baseModel.Spec) + Transformer.BytesPerRow(candidate.Spec))
            + 8L * Math.Max(baseModel.Spec.VocabularySize, candidate.Spec.VocabularySize));
        var free = MemoryBudget.Free();
        if (needed > free)
            problems.Add($"One text of {rows} tokens through both models takes {ByteSize.Format(needed)}; {ByteSize.Format(free)} are free. Close other " +
                "programs, or choose a smaller --context or --max-new-tokens.");
        return plan;

        // Tokens of the longest choice with what stands before it; of each question those of all its choices are kept.
        int Choices()
        {
            var most = 0;
            foreach (var panel in plan.Design.ChoicePanels)
            {
                var items = panels.Items(panel);
                var counts = lengths[panel] = new int[items.Count];
                for (var i = 0; i < counts.Length; i++)
                {
                    var texts = problems.Try(() => ChoiceTexts.Of(baseModel.RequireTokenizer(), items[i].Choice!));
                    if (texts.IsDefault) break;
                    counts[i] = texts.Sum(t => t.Ids.Length);
                    most = Math.Max(most, texts.Max(t => t.Ids.Length));
                }
            }

            return most;
        }

        // Tokens of the longest question in the candidate's own packaging; 0 where that cannot be carried out, which is told of it.
        int OwnLengths()
        {
            try
            {
                PanelItem[] questions = [.. QuestionsBeforePilot(plan).SelectMany(panels.Items)];
                return candidate.Tokenizer is null || questions.Length == 0 ? 0
                    : PromptTemplates.Lengths(candidate, plan.Design.CoreTemplates, questions, plan.Chat, cancellation).Max();
            }
            catch (InvalidInputException)
            {
                return 0;
            }
        }

        // Of thousands of prompts this is what a run would wait for before its first result.
        int[] Lengths(string panel, IReadOnlyList<string> templates) =>
            PromptTemplates.Lengths(baseModel, templates, panels.Items(panel), plan.Chat, cancellation);
    }

    /// <summary>Panels of questions that are known before the pilot has chosen: the cores will be like its questions.</summary>
    private static IEnumerable<string> QuestionsBeforePilot(VetPlan plan) =>
        plan.Design.QuestionPanels.Concat(plan.Design.PilotItems > 0 ? [VetDesign.Pilot] : plan.Design.Cores > 0 ? VetDesign.CorePanels : []);

    /// <summary>Why the candidate cannot read prompts, or answer them, in its own packaging; null where it can.</summary>
    private static string? OwnPackagingProblem(LanguageModel candidate, VetPlan plan, Panels panels)
    {
        try
        {
            candidate.RequireTokenizer();
            candidate.Generation.GreedyReply(plan.MaxNewTokens);
            foreach (var (panel, templates) in plan.Design.Panels.Select(p => (p, plan.Design.PanelTemplates))
                .Concat(plan.WeightsEqual ? [] : QuestionsBeforePilot(plan).Select(p => (p, plan.Design.CoreTemplates))))
            {
                foreach (var (item, template) in panels.Items(panel).SelectMany(i => templates.Select(t => (i, t))))
                {
                    var ids = PromptTemplates.Encode(candidate, template, item, plan.Chat);
                    if (ids.Length == 0) return "a prompt has no tokens";
                    if (ids.Any(id => id >= candidate.Spec.VocabularySize)) return "a prompt has ids that the embedding does not have";
                    candidate.CheckLength(ids.Length + plan.LongestAnswer);
                }
            }

            return null;
        }
        catch (InvalidInputException refused)
        {
            // It stands in measurements, which hold no paths.
            return refused.Message.Replace(candidate.Checkpoint.Path, "CANDIDATE", StringComparison.Ordinal).TrimEnd('.');
        }
    }

    private static void CheckPublic(LanguageModel model, int[] lengths, VetPlan plan)
    {
        var longest = lengths.Index().MaxBy(l => l.Item).Index;
        if (Array.IndexOf(lengths, 0) is >= 0 and var empty)
            throw new InvalidInputException(
                $"The prompt '{UntrustedText.Visible(plan.PublicPrompts[empty].Id)}' of --panel has no tokens; expected at least one.");
        try
        {
            model.CheckLength(lengths[longest] + 1);
        }
        catch (InvalidInputException refused)
        {
            throw new InvalidInputException(
                $"{refused.Message} The prompt '{UntrustedText.Visible(plan.PublicPrompts[longest].Id)}' of --panel has {lengths[longest]} tokens.", refused);
        }
    }

    private static void CheckAnswer(LanguageModel model, int prompt, VetPlan plan)
    {
        try
        {
            model.CheckLength(prompt + plan.LongestAnswer);
        }
        catch (InvalidInputException refused)
        {
            throw new InvalidInputException($"{refused.Message} The longest prompt has {prompt} tokens and --max-new-tokens is {plan.MaxNewTokens}"
                + (plan.MaxThoughtTokens > 0 ? $", --max-thought-tokens {plan.MaxThoughtTokens}." : "."), refused);
        }
    }
}
