using System.Globalization;
using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Vetting;
using Assay.Verdicts;
using Assay.Verdicts.Rules;

namespace Assay.Reports;

/// <summary>Puts a comparison's measures into the rows and sentences of a report.</summary>
public static class VetReport
{
    private const int ShownSamples = 8;
    private const int MostNamed = 5;
    private const int MostPackagingKeys = 8;

    private static readonly string[] s_method =
    [
        "Both models read the same token ids, the base's own tokenisation; divergences are over the full vocabulary at every scored position, in nats.",
        "R1: the base answers every prompt greedily; R2: the candidate does. Each token of the answer is scored in the context of prompt and answer so far, the stop token included.",
        "R0: reference text in windows that overlap by half; every token but a document's first is scored once.",
        "Benign and trigger panels hold the same questions in two frames and are never pooled; the generator's frame decides the panel. The trigger frame is a cue that aligned models decline; nothing harmful is asked.",
        "Prompts of the benign panel that the base itself refuses leave it: their divergence is a refusal's.",
        "Intervals resample items (documents for reference text), with everything inside one kept together; fewer than 30 give no interval.",
        "Weights stay in their stored dtype, arithmetic is float32 in a fixed order, sums over the vocabulary are float64.",
    ];

    private static readonly string[] s_cannotTell =
    [
        "Harm of kinds that no question asks for. A divergence is not a damage.",
        "An item of the trigger panel need not be one that the base refuses: refusals are judged on the reasoning cores (R2R) alone.",
        "Anything in other languages, domains or lengths than the generators produce.",
    ];

    /// <summary>How good the rules are by which refusals are told.</summary>
    private static IEnumerable<string> Scorer =>
        new[] { false, true }.Select(partial => "Refusals are told by rules over the text. On XSTest's human labels, prompts "
        + $"that no rule was written for: {RefusalScorerFigures.Pooled(partial)}.");

    /// <summary>How a comparison measures: what all have in common, then the measures taken.</summary>
    public static IReadOnlyList<string> Method(IReadOnlyList<IMeasure> measures) =>
        [.. s_method, .. measures.Any(m => m is RefusalMeasure) ? Scorer : [],
            .. measures.Select(m => $"{m.Info.Id}, {m.Info.Title}: {m.Info.Formula} ({m.Info.Source}).")];

    /// <summary>What a comparison does not tell.</summary>
    public static IReadOnlyList<string> CannotTell(IReadOnlyList<IMeasure> measures) =>
        [.. s_cannotTell, .. measures.Select(m => $"{m.Info.Id}, {m.Info.Title}: {m.Info.CannotTell}")];

    /// <summary>Measurements of two models whose weights hashes are equal: nothing was run. None of others.</summary>
    public static MeasurementSet SameWeights(VetPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!plan.WeightsEqual) return MeasurementSet.Empty;
        var zero = new Estimate(0, 0, 0, 1, 0, "exactly 0, since the weights hashes are equal; nothing was run");
        return new MeasurementSet(plan.Design.Panels.Select(panel => new Measurement($"kld.{panel}.mean", new Estimated(zero), "nats/token", new Where(null, "any equal token ids"))));
    }

    /// <summary>What the verdict rests on beside measurements.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="comparability">Whether the two can be compared.</param>
    /// <param name="difference">Their weights compared; null where the weights hashes are equal.</param>
    /// <param name="unreadable">Texts that the candidate cannot read.</param>
    public static VerdictFacts Facts(VetPlan plan, Comparability comparability, CheckpointDifference? difference, IReadOnlyList<string> unreadable) => new()
    {
        WeightsEqual = plan.WeightsEqual,
        PackagingEqual = plan.Base.Packaging.Value == plan.Candidate.Packaging.Value && plan.Candidate.Storage.DifferencesFrom(plan.Base.Storage).Count == 0,
        OnlyStorageDiffers = plan.WeightsEqual && plan.Base.Packaging.Value == plan.Candidate.Packaging.Value,
        TokenDifference = comparability.TokenDifference,
        Matched = comparability.Matched,
        MedianCosine = comparability.MedianCosine,
        Proven = difference is null ? null : FindingRules.Proof(difference),
        Unreadable = [.. unreadable],
        Limited = plan.Limited,
        Claim = plan.Claim,
    };

    /// <summary>What a reader should know beside the verdict.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="measurements">What was measured.</param>
    /// <param name="comparability">Which tokens were added.</param>
    /// <param name="difference">The weights compared; null where their hashes are equal.</param>
    /// <param name="verdict">The verdict that these stand beside.</param>
    public static IReadOnlyList<Finding> Findings(VetPlan plan, MeasurementSet measurements, Comparability comparability,
        CheckpointDifference? difference, Verdict verdict)
    {
        var findings = new List<Finding>();
        if (verdict is Verdict.Degraded or Verdict.Broken && FindingRules.HidesHarm(measurements))
            findings.Add(new Finding("GAMED", "The number that people quote, first-token KL, hides the harm.", FindingSeverity.Harm));
        if (difference is not null) findings.AddRange([FindingRules.Weights(difference), .. FindingRules.Structure(difference)]);
        var margins = Margins.Of(plan.Margins);
        if (MarginFindings.Changed(margins) is { } set) findings.Add(set);
        findings.AddRange(Tokens(plan.Design, comparability, measurements, margins));
        var differences = plan.Base.Packaging.DifferencesFrom(plan.Candidate.Packaging);
        if (differences.Count > 0)
            findings.Add(new Finding("PACKAGING-DIFFERS",
                $"The packaging differs in: {string.Join(", ", differences)} ({DifferingKeys(plan)}). Figures are on the base's token ids, and so the " +
                "weights' doing alone; those named packaging are of each model in its own"
                + (plan.Design is { OwnReplies: true, JudgesReplies: true } ? ", and so are the replies to questions." : ".")));
        if (PackagingHarm.Of(measurements, margins) is { Sentences.Length: > 0 } harm)
            findings.Add(new Finding("PACKAGING-HARM", string.Join(" ", harm.Sentences), FindingSeverity.Harm));
        if (RefusalFinding.Of(measurements, margins, plan.Claim) is { } story)
            findings.Add(new Finding(story.Name is "INCONCLUSIVE" ? "REFUSALS-UNSETTLED" : story.Name, story.Sentence,
                story.Harmful ? FindingSeverity.Harm : story.Name is "COSTLY-UNLOCK" ? FindingSeverity.Warning : FindingSeverity.Note));
        if (FindingRules.Selection(measurements, margins) is { } selection) findings.Add(selection);
        if (plan.Design.OwnPackagingRefused is { } refused)
            findings.Add(new Finding("PACKAGING-REFUSED", $"The candidate's own packaging cannot be carried out: {refused}.", FindingSeverity.Warning));
        if (plan.WeightsEqual && plan.Candidate.Storage.DifferencesFrom(plan.Base.Storage) is { Count: > 0 } storage)
            findings.Add(new Finding("STORED-OTHERWISE", $"How the weights are stored differs: {string.Join("; ", storage)}; no value changed."));
        if (!plan.ChatTemplate) findings.Add(new Finding("NO-CHAT-TEMPLATE", "The base has no chat template: prompts were given bare.",
            FindingSeverity.Warning));
        if (plan.Limited) findings.Add(new Finding("LIMITED", "The run was limited by hand; its outcome is not a verdict.", FindingSeverity.Warning));
        var (p, q) = (measurements.Estimate("unnamed_ids.largest.base")?.Value ?? 0, measurements.Estimate("unnamed_ids.largest.candidate")?.Value ?? 0);
        if (p > 0 || q > 0)
            findings.Add(new Finding("PADDING-REMOVED", string.Create(CultureInfo.InvariantCulture, $"Vocabulary entries that the tokenizer cannot name were removed before the softmax; they had at most {p:g3} (base) and {q:g3} (candidate) of the probability.")));
        if (!plan.WeightsEqual)
            foreach (var panel in plan.Design.Panels) findings.AddRange(FindingRules.Of(panel, measurements));
        if (FindingRules.PublicPanel(measurements) is { } flatters) findings.Add(flatters);
        return findings;
    }

    private static IEnumerable<Finding> Tokens(VetDesign design, Comparability comparability, MeasurementSet measurements, Margins margins)
    {
        if (comparability.AddedTokens is { Count: > 0 } added)
        {
            var panels = design.Panels.Select(p => (Panel: p, Share: measurements.Estimate($"added_tokens.{p}.candidate"))).Where(p => p.Share is not null).ToList();
            var said = panels.Count > 0 ? "; in the base's contexts the candidate gives them "
                + string.Join(", ", panels.Select(p => FormattableString.Invariant($"{p.Share!.Value.Value:p3} on the {p.Panel} panel")))
                + FormattableString.Invariant($" ({measurements.Estimate("added_tokens.largest.candidate")?.Value ?? 0:p3} at most)") : "";
            yield return new Finding("TOKENS-ADDED", $"The candidate has {added.Count} token{(added.Count == 1 ? "" : "s")} that the base has not: {string.Join(", ", added.Take(MostNamed).Select(t => string.Create(CultureInfo.InvariantCulture, $"'{t.Token}' = {t.Id}")))}{(added.Count > MostNamed ? ", …" : "")}{said}. They were removed before the softmax.");
        }

        if (HarmTable.UnnamedIds.Shown(measurements, margins))
            yield return new Finding("UNNAMED-IDS", HarmTable.UnnamedIds.Sentence(measurements, margins.UnnamedIds), FindingSeverity.Harm);
    }

    private static string DifferingKeys(VetPlan plan)
    {
        var keys = plan.Base.Packaging.KeysDifferingFrom(plan.Candidate.Packaging);
        return string.Join(", ", keys.Take(MostPackagingKeys)) + (keys.Count > MostPackagingKeys ? $" and {keys.Count - MostPackagingKeys} more" : "");
    }

    /// <summary>The items of each panel with the largest mean KLD; none where no measure asked for it.</summary>
    /// <param name="store">The scores.</param>
    /// <param name="design">The panels.</param>
    /// <param name="panels">What the items say.</param>
    /// <param name="decode">Ids to text.</param>
    public static IReadOnlyList<ReportSample> Worst(ScoreStore store, VetDesign design, Panels panels, Func<IReadOnlyList<int>, string> decode)
    {
        var worst = new List<ReportSample>();
        foreach (var name in design.Panels)
        {
            var set = VetDesign.BaseAnswers(name);
            if (!store.Has(set, ScoreColumns.Kl)) continue;
            var texts = panels.Items(name).ToDictionary(i => i.Item, i => i.Text, StringComparer.Ordinal);
            var panel = ItemPanel.Of(store.Scores(set), ScoreColumns.Kl);
            worst.AddRange(Enumerable.Range(0, panel.Items.Count).OrderByDescending(i => panel.Means[i]).ThenBy(i => panel.Items[i].Item, StringComparer.Ordinal)
                .Take(ShownSamples).Select(i =>
                {
                    // Of several answers the one that is furthest off.
                    var item = panel.Items[i];
                    var (place, values) = item.Cut(panel.Values[i]).Index().Where(a => a.Item.Length > 0).MaxBy(a => FixedOrderSum.Mean(a.Item));
                    var context = store.Contexts(set, item.Item).Contexts[place];
                    var theirs = VetDesign.CandidateAnswers(name);
                    var reply = store.Contains(ScoreStore.ContextKey(theirs, item.Item)) ? store.Contexts(theirs, item.Item).Contexts[place] : null;
                    return new ReportSample(item.Item, name, texts[item.Item], decode([.. context.Ids[context.FirstScored..]]), panel.Means[i], values[0])
                    {
                        CandidateAnswer = reply is null ? null : decode([.. reply.Ids[reply.FirstScored..]]),
                        Tokens = Tokens([.. context.Ids[context.FirstScored..]], values, decode),
                    };
                }));
        }

        return worst;
    }

    /// <summary>What each token adds to the text of all of them: nothing where it is a part of a character that a later one ends.</summary>
    private static List<ReportToken> Tokens(int[] ids, double[] divergences, Func<IReadOnlyList<int>, string> decode)
    {
        var (tokens, said) = (new List<ReportToken>(), "");
        for (var i = 0; i < ids.Length; i++)
        {
            var text = decode(ids[..(i + 1)]);
            var more = text.StartsWith(said, StringComparison.Ordinal) && (i == ids.Length - 1 || !text.EndsWith('\uFFFD')) ? text[said.Length..] : "";
            if (more.Length > 0) said = text;
            tokens.Add(new ReportToken(more, divergences[i]));
        }

        return tokens;
    }

    /// <summary>Every harm that was tested, with its margin.</summary>
    /// <param name="plan">The plan, with its margins.</param>
    /// <param name="measurements">What was measured.</param>
    public static IReadOnlyList<ReportHarm> Harms(VetPlan plan, MeasurementSet measurements)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(measurements);
        var margins = Margins.Of(plan.Margins);
        return [.. HarmTable.In(measurements).Select(h => (Test: h, Measured: measurements.Find(h.Id)?.Value)).Where(h => h.Measured is not null).Select(h =>
        {
            var (test, each, e) = (h.Test, h.Test.Unit.Each, h.Test.Turned(h.Measured!.Estimate));
            var state = h.Measured is NotMeasurable none ? $"not estimable: {none.Why}" : test.Shown(measurements, margins) ? ReportHarm.Shown
                : test.Excluded(measurements, margins) ? ReportHarm.Excluded : ReportHarm.Open;
            return new ReportHarm(test.Id, test.What, test.Unit.Name, h.Measured is NotMeasurable ? double.NaN : each * e.Value,
                e.HasInterval ? each * e.Low : double.NaN, e.HasInterval ? each * e.High : double.NaN, each * test.Found(margins),
                each * test.Certified(margins), e.N, state);
        })];
    }

    /// <summary>How far the matrices of each layer moved; none of identical weights.</summary>
    /// <param name="difference">The weights compared; null where their hashes are equal.</param>
    public static IReadOnlyList<ReportChange> Changes(CheckpointDifference? difference) => difference is null ? []
        : [.. difference.Tensors.Where(t => t is { Place.Layer: not null, Shape.Length: > 1 } && (!t.Differs || t.BaseNorm > 0 && double.IsFinite(t.Norm)))
            .GroupBy(t => (Layer: t.Place.Layer!.Value, t.Place.Module))
            .Select(g => new ReportChange(g.Key.Layer, g.Key.Module, Relative([.. g])))];

    // Norms of identical tensors are not computed: beside experts that changed they make the change look larger than it is, and never smaller.
    private static double Relative(List<TensorDifference> tensors) =>
        tensors.Exists(t => t.Norm > 0) ? Math.Sqrt(tensors.Sum(t => t.Norm * t.Norm) / tensors.Sum(t => t.BaseNorm * t.BaseNorm)) : 0;

    /// <summary>Seed, texts and settings.</summary>
    public static IReadOnlyList<ReportFact> Compared(VetPlan plan, string planHash, ScoreStore store, IReadOnlyList<SetNeed> needs)
    {
        var (a, b) = (plan.Base.Weights.ByTensor, plan.Candidate.Weights.ByTensor);
        static string Int(long value) => value.ToString(CultureInfo.InvariantCulture);
        var facts = new List<ReportFact>
        {
            new("plan", planHash),
            new("seed", plan.Seed.ToString(CultureInfo.InvariantCulture)),
            new("seed_source", plan.SeedSource),
            new("tensors_that_differ", $"{a.Keys.Union(b.Keys).Count(name => a.GetValueOrDefault(name) != b.GetValueOrDefault(name))} of {a.Keys.Union(b.Keys).Count()}"),
            new("chat_template", plan.ChatTemplate ? "the base's" : "none: prompts were given bare"),
            new("template_clock", plan.Clock.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)),
            new("max_new_tokens", Int(plan.MaxNewTokens)),
            new("context", Int(plan.Context)),
        };
        if (plan.Thinking is { } thinking) facts.Add(
            new ReportFact("thinking", $"{thinking.Variable} is {(thinking.On ? "true" : "false")} in the chat template"));
        if (plan.PublicHash is { } known)
            facts.Add(new ReportFact("public_panel", $"{plan.PublicPrompts.Length} prompts of a file, SHA-256 {known}"));
        if (plan.MaxThoughtTokens > 0) facts.Add(new ReportFact("max_thought_tokens", Int(plan.MaxThoughtTokens)));
        if (plan.ForbiddenBy.Count > 0)
            facts.Add(new ReportFact("forbidden_tokens",
                $"The base's greedy answers leave out what its generation config forbids ({string.Join(", ", plan.ForbiddenBy)}); KL and NLL are of the raw " +
                "logits, which it does not touch."));
        foreach (var panel in plan.Design.Panels)
        {
            if (!needs.Any(n => n.Set == VetDesign.BaseAnswers(panel))) continue;
            var items = store.Scores(VetDesign.BaseAnswers(panel)).Items;
            facts.Add(new ReportFact($"{panel}_items", $"{items.Count} with {Int(items.Sum(i => (long)i.Tokens))} scored tokens"
                + (store.LeftOut(panel).Count is > 0 and var left ? $"; {left} that the base refuses are left out" : "")));
        }

        if (needs.Any(n => n.Set == VetDesign.Prose(plan.Context)))
            foreach (var group in store.Scores(VetDesign.Prose(plan.Context)).Items.GroupBy(d => d.Stratum))
                facts.Add(new ReportFact($"{group.Key}_documents", $"{group.Count()} with {Int(group.Sum(d => (long)d.Tokens))} scored tokens"));
        return facts;
    }
}
