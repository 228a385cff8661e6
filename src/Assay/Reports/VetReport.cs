using System.Globalization;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Metrics;
using Assay.Evaluation.Vetting;
using Assay.Verdicts;

namespace Assay.Reports;

/// <summary>Puts a comparison's measures into the rows and sentences of a report.</summary>
public static class VetReport
{
    private const int ShownSamples = 8;
    private const int MostNamed = 5;
    private const int MostPackagingKeys = 8;

    /// <summary>How every comparison measures.</summary>
    public static IReadOnlyList<string> Method { get; } =
    [
        "Both models read the same token ids, the base's own tokenisation; divergences are over the full vocabulary at every scored position, in nats.",
        "R1: the base answers every prompt greedily; each token of the answer is scored in the context of prompt and answer so far, the stop token included.",
        "R0: reference text in windows that overlap by half; every token but a document's first is scored once.",
        "Benign and trigger panels hold the same questions in two frames and are never pooled; the generator's frame decides the panel. The trigger frame is a cue that aligned models decline; nothing harmful is asked.",
        "Intervals resample items (documents for reference text), with everything inside one kept together; fewer than 30 give no interval.",
        "Weights stay in their stored dtype, arithmetic is float32 in a fixed order, sums over the vocabulary are float64.",
    ];

    /// <summary>What no comparison of this version tells.</summary>
    public static IReadOnlyList<string> CannotTell { get; } =
    [
        "Whether the change does harm: margins, yardsticks of known damage and verifiable tasks are not part of this version. A divergence is not a damage.",
        "What the candidate does in contexts of its own (R2), or when sampling.",
        "Refusals: they are not judged, and an item of the trigger panel need not be one that the base refuses.",
        "Anything in other languages, domains or lengths than the generators produce.",
    ];

    /// <summary>All rows of a comparison, in a fixed order.</summary>
    public static IReadOnlyList<MeasureRow> Rows(VetMeasures measures)
    {
        var rows = new List<MeasureRow>();
        foreach (var panel in measures.Panels) Panel(rows, panel);
        foreach (var domain in measures.Prose.Domains.Concat(measures.AllProse is { } all ? [all] : [])) Domain(rows, domain);
        foreach (var (domain, kl) in measures.ProseKl)
        {
            var where = $"reference text (R0), {(domain == "all" ? "all domains, weighted equally" : domain)}";
            rows.Add(MeasureRow.Of($"kld.prose.{domain}.mean", kl.Headline, "nats/token", where));
            rows.Add(MeasureRow.Of($"kld.prose.{domain}.token_pooled", kl.TokenPooled, "nats/token", where));
            foreach (var bin in kl.Curve) rows.Add(Described($"kld.prose.{domain}.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", $"{where}, scored tokens {bin.From} to {bin.To} of a document"));
        }

        if (measures.Prose.Domains.Count > 0) rows.Add(MeasureRow.Of("prose.macro.delta_nll_per_byte", measures.Prose.MacroDeltaNllPerByte, "nats/byte", "reference text (R0), candidate less base, domains weighted equally"));
        return rows;
    }

    /// <summary>The rows that decide: the headline of each panel with the figure usually quoted beside it, and perplexity.</summary>
    public static IReadOnlyList<MeasureRow> Deciding(IReadOnlyList<MeasureRow> rows) =>
        [.. rows.Where(r => r.Id is "kld.benign.mean" or "kld.benign.first_token" or "kld.trigger.mean" or "kld.trigger.first_token" or "prose.macro.delta_nll_per_byte"
            || r is { Id: "unnamed_ids.benign.delta", Low: > HarmEvidence.UnnamedMargin })];

    /// <summary>Rows of two models whose weights hashes are equal: nothing was run.</summary>
    public static IReadOnlyList<MeasureRow> SameWeights() =>
        [.. new[] { "benign", "trigger" }.Select(panel => new MeasureRow($"kld.{panel}.mean", 0, 0, 0, 1, 0, "nats/token", "exactly 0, since the weights hashes are equal; nothing was run", "any equal token ids"))];

    /// <summary>What the verdict rests on.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="comparability">Whether the two can be compared.</param>
    /// <param name="difference">Their weights compared; null where the weights hashes are equal.</param>
    /// <param name="measures">What was measured; null where nothing was run.</param>
    public static VerdictEvidence Evidence(VetPlan plan, Comparability comparability, CheckpointDifference? difference, VetMeasures? measures) => new()
    {
        WeightsEqual = plan.Base.Weights.Value == plan.Candidate.Weights.Value,
        PackagingEqual = plan.Base.Packaging.Value == plan.Candidate.Packaging.Value && plan.Candidate.Storage.DifferencesFrom(plan.Base.Storage).Count == 0,
        TokenDifference = comparability.TokenDifference,
        Matched = comparability.Matched,
        MedianCosine = comparability.MedianCosine,
        Proven = difference is null ? null : FindingRules.Proof(difference),
        Broken = measures?.Health.Problems("The candidate") ?? [],
        Harms = [.. (measures?.Panels ?? []).Where(p => p.Panel == "benign").Select(p => HarmEvidence.Of(p.Unnamed))],
        Agreement = measures?.Agreement,
        Limited = plan.Limited,
        Panels = [.. (measures?.Panels ?? []).Select(p => new PanelEvidence(p.Panel, p.Kl.InfinitePositions > 0 ? p.Kl.FiniteHeadline : p.Kl.Headline, p.Kl.InfinitePositions))],
    };

    /// <summary>What a reader should know beside the verdict.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="measures">What was measured; null for nothing.</param>
    /// <param name="samples">On what.</param>
    /// <param name="comparability">Which tokens were added.</param>
    /// <param name="difference">The weights compared; null where their hashes are equal.</param>
    public static IReadOnlyList<Finding> Findings(VetPlan plan, VetMeasures? measures, VetSamples? samples, Comparability comparability,
        CheckpointDifference? difference)
    {
        var findings = new List<Finding>();
        if (difference is not null) findings.AddRange([FindingRules.Weights(difference), .. FindingRules.Structure(difference)]);
        findings.AddRange(Tokens(comparability, measures, samples));
        var differences = plan.Base.Packaging.DifferencesFrom(plan.Candidate.Packaging);
        if (differences.Count > 0)
            findings.Add(new Finding("PACKAGING-DIFFERS",
                $"The packaging differs in: {string.Join(", ", differences)} ({DifferingKeys(plan)}). Figures here are on the base's token ids, and so the " +
                "weights' doing alone."));
        if (plan.Base.Weights.Value == plan.Candidate.Weights.Value && plan.Candidate.Storage.DifferencesFrom(plan.Base.Storage) is { Count: > 0 } storage)
            findings.Add(new Finding("STORED-OTHERWISE", $"How the weights are stored differs: {string.Join("; ", storage)}; no value changed."));
        if (!plan.ChatTemplate) findings.Add(new Finding("NO-CHAT-TEMPLATE", "The base has no chat template: prompts were given bare.",
            FindingSeverity.Warning));
        if (plan.Limited) findings.Add(new Finding("LIMITED", "The run was limited by hand; its outcome is not a verdict.", FindingSeverity.Warning));
        if (samples is { LargestPaddingMass: var (p, q) } && (p > 0 || q > 0))
            findings.Add(new Finding("PADDING-REMOVED", string.Create(CultureInfo.InvariantCulture, $"Vocabulary entries that the tokenizer cannot name were removed before the softmax; they had at most {p:g3} (base) and {q:g3} (candidate) of the probability.")));
        foreach (var panel in measures?.Panels ?? []) findings.AddRange(FindingRules.Of(panel.Panel, panel.Kl));
        return findings;
    }

    private static IEnumerable<Finding> Tokens(Comparability comparability, VetMeasures? measures, VetSamples? samples)
    {
        if (comparability.AddedTokens is { Count: > 0 } added)
        {
            var said = measures?.Panels is { Count: > 0 } panels ? "; in the base's contexts the candidate gives them "
                + string.Join(", ", panels.Select(p => FormattableString.Invariant($"{p.Unnamed.Added.Value:p3} on the {p.Panel} panel")))
                + FormattableString.Invariant($" ({samples?.LargestAddedMass ?? 0:p3} at most)") : "";
            yield return new Finding("TOKENS-ADDED", $"The candidate has {added.Count} token{(added.Count == 1 ? "" : "s")} that the base has not: {string.Join(", ", added.Take(MostNamed).Select(t => string.Create(CultureInfo.InvariantCulture, $"'{t.Token}' = {t.Id}")))}{(added.Count > MostNamed ? ", …" : "")}{said}. They were removed before the softmax.");
        }

        foreach (var panel in (measures?.Panels ?? []).Where(p => p.Panel == "benign"))
        {
            if (HarmEvidence.Of(panel.Unnamed) is { Above: true } harm) yield return new Finding("UNNAMED-IDS", harm.Sentence, FindingSeverity.Harm);
        }
    }

    private static string DifferingKeys(VetPlan plan)
    {
        var keys = plan.Base.Packaging.KeysDifferingFrom(plan.Candidate.Packaging);
        return string.Join(", ", keys.Take(MostPackagingKeys)) + (keys.Count > MostPackagingKeys ? $" and {keys.Count - MostPackagingKeys} more" : "");
    }

    /// <summary>The items of each panel with the largest mean KLD.</summary>
    /// <param name="samples">What was measured.</param>
    /// <param name="measures">The items' means.</param>
    /// <param name="decode">Ids to text.</param>
    public static IReadOnlyList<ReportSample> Worst(VetSamples samples, VetMeasures measures, Func<int[], string> decode) =>
        [.. measures.Panels.SelectMany(panel => samples.Panel(panel.Panel).Where(i => i.Scores.Length > 0).Zip(panel.Kl.ItemMeans)
            .OrderByDescending(x => x.Second).ThenBy(x => x.First.Id, StringComparer.Ordinal).Take(ShownSamples)
            .Select(x => new ReportSample(x.First.Id, x.First.Panel, x.First.Prompt, decode(x.First.Continuation), x.Second, x.First.Scores[0].Kl)))];

    /// <summary>Seed, texts and settings.</summary>
    public static IReadOnlyList<ReportFact> Facts(VetPlan plan, string planHash, VetSamples? samples)
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
        if (plan.ForbiddenBy.Count > 0)
            facts.Add(new ReportFact("forbidden_tokens",
                $"The base's greedy answers leave out what its generation config forbids ({string.Join(", ", plan.ForbiddenBy)}); KL and NLL are of the raw " +
                "logits, which it does not touch."));
        foreach (var group in samples?.Items.GroupBy(i => i.Panel) ?? []) facts.Add(new ReportFact($"{group.Key}_items", $"{group.Count()} with {Int(group.Sum(i => (long)i.Scores.Length))} scored tokens"));
        foreach (var group in samples?.Documents.GroupBy(d => d.Domain) ?? []) facts.Add(new ReportFact($"{group.Key}_documents", $"{group.Count()} with {Int(group.Sum(d => (long)d.Scores.Length))} scored tokens"));
        return facts;
    }

    private static MeasureRow Described(string id, double value, long n, string unit, string where) => new(id, value, double.NaN, double.NaN, .95, n, unit, "describes the sample; no interval", where);

    private static void Panel(List<MeasureRow> rows, PanelMeasures panel)
    {
        var where = $"base's greedy answers (R1), {panel.Panel} panel, every token, full vocabulary";
        var (id, d) = ($"kld.{panel.Panel}", panel.Kl);
        rows.Add(MeasureRow.Of($"{id}.mean", d.Headline, "nats/token", where));
        rows.Add(MeasureRow.Of($"{id}.first_token", d.FirstToken, "nats", where + ", first token only"));
        rows.Add(MeasureRow.Of($"{id}.token_pooled", d.TokenPooled, "nats/token", where));
        rows.Add(MeasureRow.Of($"{id}.log_mean", d.LogMean, "nats/token", where + ", geometric mean of item means"));
        rows.Add(MeasureRow.Of($"{id}.trimmed_mean", d.TrimmedMean, "nats/token", where + ", 5 % of items trimmed at each end"));
        rows.Add(Described($"{id}.item_mean", d.ItemMean, d.Items, "nats/token", where + ", mean of item means, unweighted"));
        rows.Add(Described($"{id}.first_token_share", d.FirstTokenShare, d.Items, "share", where + ", first tokens' share of the sum"));
        rows.Add(Described($"{id}.late_over_first_unfloored", d.LateOverFirstLogUnfloored ?? double.NaN, d.ItemsOf16, "ln ratio", where + ", tokens from 16 on over first tokens, not raised to a floor"));
        foreach (var bin in d.Curve) rows.Add(Described($"{id}.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", $"{where}, positions {bin.From} to {bin.To}"));
        foreach (var q in d.Quantiles) rows.Add(MeasureRow.Of(string.Create(CultureInfo.InvariantCulture, $"{id}.quantile.{q.Probability}"), q.Value, "nats", where + ", quantile over tokens, type 7"));
        rows.Add(MeasureRow.Of($"{id}.cvar99_tokens", d.Cvar99Tokens, "nats", where + ", mean of the worst hundredth of tokens"));
        rows.Add(MeasureRow.Of($"{id}.cvar90_items", d.Cvar90Items, "nats/token", where + ", mean of the worst tenth of items"));
        rows.Add(Described($"{id}.worst_item_share", d.WorstItemShare, d.Items, "share", where + $", of the sum of item means; the item is {d.WorstItem}"));
        rows.Add(Described($"{id}.leave_one_out_low", d.LeaveOneOutLow, d.Items, "nats/token", where + ", smallest headline with one item left out"));
        rows.Add(Described($"{id}.leave_one_out_high", d.LeaveOneOutHigh, d.Items, "nats/token", where + ", largest headline with one item left out"));
        rows.Add(Described($"{id}.infinite_positions", d.InfinitePositions, d.Tokens, "tokens", where + ", the candidate gives probability 0 to what the base can say"));
        if (d.InfinitePositions > 0) rows.Add(MeasureRow.Of($"{id}.finite_mean", d.FiniteHeadline, "nats/token", where + ", finite positions alone"));
        foreach (var bin in panel.Confidence.Bins)
            rows.Add(Described(string.Create(CultureInfo.InvariantCulture, $"{id}.base_confidence.{bin.From}-{bin.To}"), bin.MeanKl, bin.Tokens, "nats/token", where + ", tokens by the base's top probability"));
        rows.Add(Described($"flips.{panel.Panel}", panel.Confidence.Flips, d.Tokens, "tokens", where + ", arg-max differs"));
        rows.Add(MeasureRow.Of($"confident_flips.{panel.Panel}", panel.Confidence.ConfidentFlipRate, "share", where + ", of tokens at which the base's top probability is at least .95"));
        rows.Add(MeasureRow.Of($"reverse_kld.{panel.Panel}.mean", panel.ReverseKl.Headline, "nats/token", where));
        rows.Add(MeasureRow.Of($"jsd.{panel.Panel}.mean", panel.Jsd.Headline, "nats/token", where));
        rows.Add(Described($"nll.{panel.Panel}.base", panel.Likelihood.CrossEntropyP, d.Tokens, "nats/token", where));
        rows.Add(Described($"nll.{panel.Panel}.candidate", panel.Likelihood.CrossEntropyQ, d.Tokens, "nats/token", where));
        rows.Add(MeasureRow.Of($"nll.{panel.Panel}.delta", panel.DeltaNll, "nats/token", where + ", candidate less base, paired"));
        rows.Add(MeasureRow.Of($"nll.{panel.Panel}.delta_from_16", panel.Likelihood.DeltaNllFrom16, "nats/token", where + ", candidate less base, tokens from 16 on"));
        rows.Add(MeasureRow.Of($"entropy.{panel.Panel}.drift", panel.Likelihood.EntropyDrift, "nats/token", where + ", candidate less base"));
        rows.Add(Described($"unnamed_ids.{panel.Panel}.base", panel.Unnamed.Base, d.Items, "share",
            where + ", probability on ids that the tokenizer cannot name, before they were removed"));
        rows.Add(Described($"unnamed_ids.{panel.Panel}.candidate", panel.Unnamed.Candidate, d.Items, "share", where + ", the same of the candidate"));
        rows.Add(MeasureRow.Of($"unnamed_ids.{panel.Panel}.delta", panel.Unnamed.Delta, "share", where + ", candidate less base, paired"));
        rows.Add(MeasureRow.Of($"added_tokens.{panel.Panel}.candidate", panel.Unnamed.Added, "share",
            where + ", probability on tokens that only the candidate has, before they were removed"));
        rows.Add(Described($"answers.{panel.Panel}.ended", panel.Stopped, d.Items, "items", where + ", answers that the base ended by itself"));
    }

    private static void Domain(List<MeasureRow> rows, ProseDomain d)
    {
        var where = $"reference text (R0), {(d.Name == "all" ? "all domains" : d.Name)}, {d.Documents} documents, {d.Tokens} tokens";
        var id = $"prose.{d.Name}";
        rows.Add(Described($"{id}.perplexity_base", d.PerplexityP, d.Documents, "perplexity", where));
        rows.Add(Described($"{id}.perplexity_candidate", d.PerplexityQ, d.Documents, "perplexity", where));
        rows.Add(MeasureRow.Of($"{id}.delta_nll", d.DeltaNllPerToken, "nats/token", where + ", candidate less base, paired"));
        rows.Add(MeasureRow.Of($"{id}.delta_nll_per_byte", d.DeltaNllPerByte, "nats/byte", where + ", candidate less base, paired"));
        rows.Add(Described($"{id}.bits_per_byte_base", d.BitsPerByteP, d.Documents, "bits/byte", where));
        rows.Add(Described($"{id}.bits_per_byte_candidate", d.BitsPerByteQ, d.Documents, "bits/byte", where));
        rows.Add(Described($"{id}.gain", d.Gain, d.Tokens, "nats/token", where + ", mean of max(0, log q/p)"));
        rows.Add(Described($"{id}.loss", d.Loss, d.Tokens, "nats/token", where + ", mean of max(0, log p/q)"));
    }
}
