using System.Globalization;
using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Verdicts;

/// <summary>The rules, the first that matches. Of the harms only probability on ids that the tokenizer cannot name has its margin yet.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
public static class VerdictRules
{
    /// <summary>Fewer items than this bound nothing.</summary>
    public const int MinimumItems = 30;

    /// <summary>A median cosine below this means another base.</summary>
    public const double MinimumCosine = .5;

    /// <summary>A KLD up to this is what adding up the same float32 numbers in another order leaves, nats.</summary>
    public const double ReorderedKld = 1e-5;

    /// <summary>Weights that were only rounded lost nothing measurable up to this mean KLD, nats a token, upper bounds included.</summary>
    public const double RoundedKld = 1e-3;

    /// <summary>Decides.</summary>
    /// <param name="evidence">What was measured.</param>
    public static VerdictDecision Decide(VerdictEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var incomparable = Incomparabilities(evidence);
        if (incomparable.Count > 0) return Say(Verdict.Incomparable, "These are not two versions of one model.", incomparable);
        if (evidence is { WeightsEqual: true, PackagingEqual: true })
            return Say(Verdict.Identical, "Weights and packaging are the same.", ["Both hashes are equal."]);
        if (evidence.WeightsEqual)
            return Say(Verdict.Packaging, "The weights are the same; the packaging (how they are stored, tokenizer, template, special tokens or generation " +
                "config) differs.",
                ["Only the weights hashes are equal. Harm from packaging is not judged yet."]);
        if (evidence.Broken.Count > 0) return Say(Verdict.Broken, "The candidate cannot be used.", evidence.Broken);
        var harms = evidence.Harms.Where(h => h.Above).ToList();
        if (harms.Count > 0) return Say(Verdict.Degraded, "The candidate is worse than its base by more than a margin.", [.. harms.Select(h => h.Sentence)]);
        if (evidence is { Proven: { Kind: ProofKind.SameFunction } same, Agreement: { LargestKld: <= ReorderedKld } agreement })
            return Say(Verdict.Equivalent, "Nothing was lost: the candidate computes the same function as its base.",
                [same.Sentence, FormattableString.Invariant(
                $"The largest KLD of {agreement.Positions} scored positions is {agreement.LargestKld:g3} nats, which adding up the same numbers in another order explains.")]);
        var rounded = evidence.Proven is { Kind: ProofKind.RoundedOnly } proof ? proof : null;
        if (rounded is not null && evidence.Panels.Count > 0 && evidence.Panels.All(Little))
            return Say(Verdict.Shifted, "The weights were rounded and nothing else was changed; nothing was lost that was measured.",
                [rounded.Sentence, .. evidence.Panels.Select(Mean)]);
        var real = evidence.Panels.Where(p => p.MeanKld.N >= MinimumItems && p.MeanKld.Low > 0).ToList();
        if (real.Count > 0)
        {
            return Say(Verdict.Shifted, rounded is null ? "The difference is real; damage is not judged yet."
                : "The weights were rounded and nothing else was changed; damage by rounding is not judged yet.",
                [.. Proof(rounded), .. real.Select(Mean)]);
        }

        string[] unbounded = evidence.Panels.Count == 0 ? ["No panel was measured."] : evidence.Agreement is { Differing: 0, Positions: > 0 } none
            ? [Nothing(none)] : [.. evidence.Panels.Select(Unbounded)];
        return Say(Verdict.Inconclusive, "The weights differ, but no difference in what the models say could be shown.", unbounded);

        VerdictDecision Say(Verdict verdict, string sentence, IReadOnlyList<string> reasons) =>
            new(verdict, evidence.Limited ? sentence + " This run was limited: it is not a verdict." : sentence, reasons, evidence.Limited);
    }

    /// <summary>Items that would bound a mean above 0 if value and spread stay as they are; null where no number would (the value is not above 0).</summary>
    /// <param name="mean">The mean with its interval.</param>
    public static long? ItemsNeeded(Estimate mean)
    {
        if (!(mean.Value > 0)) return null;
        if (!mean.HasInterval || !double.IsFinite(mean.UncutLow)) return mean.N < MinimumItems ? MinimumItems : null;
        // The distance to the lower bound shrinks with the square root of n.
        var ratio = (mean.Value - mean.UncutLow) / mean.Value;
        var needed = Math.Max(MinimumItems, Math.Floor(mean.N * ratio * ratio) + 1);
        return needed < long.MaxValue ? (long)needed : null;
    }

    private static List<string> Incomparabilities(VerdictEvidence evidence)
    {
        var found = new List<string>();
        if (evidence.TokenDifference is { } tokens) found.Add("Token ids mean different things in the two. " + tokens);
        if (evidence.WeightsEqual) return found;
        if (!evidence.Matched) found.Add("No matrix of the candidate has the shape of one of the base's: nothing says that one came from the other.");
        else if (evidence.MedianCosine is { } cosine && !(cosine >= MinimumCosine))
            found.Add(FormattableString.Invariant(
                $"The median cosine between matrices of both, layers matched by what they hold, is {cosine:f3}, below {MinimumCosine:f1}: another base."));
        return found;
    }

    private static IEnumerable<string> Proof(ProvenChange? proven) => proven is null ? [] : [proven.Sentence];

    // A token or a context that the run did not hold may still set it off, so this is no equivalence.
    private static string Nothing(Agreement agreement) => FormattableString.Invariant(
        $"Nothing differed at any of {agreement.Positions} scored positions, and more items of this kind bound nothing. What would settle it: the changed tensors (assay diff), and prompts with the tokens, lengths or topics that the change may wait for.");

    private static string Unbounded(PanelEvidence panel)
    {
        var mean = panel.MeanKld;
        var what = FormattableString.Invariant($"The mean KLD on the {panel.Name} panel ({mean.Value:g4} nats a token, {mean.N} items) could not be bounded above 0");
        var need = ItemsNeeded(mean) switch
        {
            { } n when mean.HasInterval => string.Create(CultureInfo.InvariantCulture, $"its lower bound is {mean.Low:g4}, and about {n} items would settle it"),
            { } n => string.Create(CultureInfo.InvariantCulture, $"an interval needs at least {n} items"),
            null when mean.Value == 0 => "nothing differs on any of its items",
            _ => mean.Method,
        };
        return $"{what}: {need}{Infinite(panel)}.";
    }

    private static bool Little(PanelEvidence panel) => panel.MeanKld.Value <= RoundedKld && !(panel.MeanKld.High > RoundedKld) && panel.InfinitePositions == 0;

    private static string Mean(PanelEvidence panel) => panel.MeanKld.HasInterval
        ? FormattableString.Invariant($"Mean KLD on the {panel.Name} panel: {panel.MeanKld.Value:g4} nats a token, 95 % interval from {panel.MeanKld.Low:g4} to {panel.MeanKld.High:g4}, {panel.MeanKld.N} items{Infinite(panel)}.")
        : FormattableString.Invariant($"Mean KLD on the {panel.Name} panel: {panel.MeanKld.Value:g4} nats a token, {panel.MeanKld.N} items{Infinite(panel)}.");

    private static string Infinite(PanelEvidence panel) => panel.InfinitePositions == 0 ? "" :
        FormattableString.Invariant($", beside {panel.InfinitePositions} positions where it is infinite");
}
