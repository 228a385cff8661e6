using System.Globalization;
using Assay.Evaluation;

namespace Assay.Verdicts;

/// <summary>The rules, the first that matches. Until margins exist no harm is judged.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
public static class VerdictRules
{
    /// <summary>Fewer items than this bound nothing.</summary>
    public const int MinimumItems = 30;

    /// <summary>A median cosine below this means another base.</summary>
    public const double MinimumCosine = .5;

    /// <summary>Decides.</summary>
    /// <param name="evidence">What was measured.</param>
    public static VerdictDecision Decide(VerdictEvidence evidence)
    {
        var incomparable = Incomparabilities(evidence);
        if (incomparable.Count > 0) return Say(Verdict.Incomparable, "These are not two versions of one model.", incomparable);
        if (evidence is { WeightsEqual: true, PackagingEqual: true })
            return Say(Verdict.Identical, "Weights and packaging are the same.", ["Both hashes are equal."]);
        if (evidence.WeightsEqual)
            return Say(Verdict.Packaging, "The weights are the same; the packaging (tokenizer, template, special tokens or generation config) differs.",
                ["Only the weights hashes are equal. Harm from packaging is not judged yet."]);
        var real = evidence.Panels.Where(p => p.MeanKld.N >= MinimumItems && p.MeanKld.Low > 0).ToList();
        if (real.Count > 0)
            return Say(Verdict.Shifted, "The difference is real; damage is not judged yet.", [.. real.Select(p => FormattableString.Invariant(
                $"Mean KLD on the {p.Name} panel: {p.MeanKld.Value:g4} nats a token, 95 % interval from {p.MeanKld.Low:g4} to {p.MeanKld.High:g4}, {p.MeanKld.N} items{Infinite(p)}."))]);
        string[] unbounded = evidence.Panels.Count == 0 ? ["No panel was measured."] : [.. evidence.Panels.Select(Unbounded)];
        return Say(Verdict.Inconclusive, "The weights differ, but no difference in what the models say could be shown.", unbounded);

        VerdictDecision Say(Verdict verdict, string sentence, IReadOnlyList<string> reasons) =>
            new(verdict, evidence.Limited ? sentence + " This run was limited: it is not a verdict." : sentence, reasons, evidence.Limited);
    }

    /// <summary>Items that would bound a mean above 0 if value and spread stay as they are; null where no number would (the value is not above 0).</summary>
    /// <param name="mean">The mean with its interval.</param>
    public static long? ItemsNeeded(Estimate mean)
    {
        if (!(mean.Value > 0)) return null;
        if (!mean.HasInterval || !double.IsFinite(mean.Low)) return mean.N < MinimumItems ? MinimumItems : null;
        // The distance to the lower bound shrinks with the square root of n.
        var ratio = (mean.Value - mean.Low) / mean.Value;
        var needed = Math.Max(MinimumItems, Math.Floor(mean.N * ratio * ratio) + 1);
        return needed < long.MaxValue ? (long)needed : null;
    }

    private static List<string> Incomparabilities(VerdictEvidence evidence)
    {
        var found = new List<string>();
        var detail = evidence.Difference is { Length: > 0 } d ? " " + d : "";
        if (!evidence.TokenMapsEqual) found.Add("Some token has another id in the candidate." + (evidence.ShapesEqual ? detail : ""));
        if (!evidence.ShapesEqual) found.Add("Tensors differ in name or shape." + detail);
        if (evidence.MedianCosine is { } cosine && !(cosine >= MinimumCosine))
            found.Add(FormattableString.Invariant($"The median cosine between matrices of both is {cosine:f3}, below {MinimumCosine:f1}: another base."));
        return found;
    }

    private static string Unbounded(PanelEvidence panel)
    {
        var mean = panel.MeanKld;
        var what = FormattableString.Invariant($"The mean KLD on the {panel.Name} panel ({mean.Value:g4} nats a token, {mean.N} items) could not be bounded above 0");
        var need = ItemsNeeded(mean) switch
        {
            { } n when mean.HasInterval => string.Create(CultureInfo.InvariantCulture, $"its lower bound is {mean.Low:g4}, and about {n} items would settle it"),
            { } n => string.Create(CultureInfo.InvariantCulture, $"an interval needs at least {n} items"),
            null when mean.Value == 0 => "nothing differs on any item measured, and more items of this kind bound nothing",
            _ => mean.Method,
        };
        return $"{what}: {need}{Infinite(panel)}.";
    }

    private static string Infinite(PanelEvidence panel) => panel.InfinitePositions == 0 ? "" :
        FormattableString.Invariant($", beside {panel.InfinitePositions} positions where it is infinite");
}
