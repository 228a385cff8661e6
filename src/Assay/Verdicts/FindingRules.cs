using Assay.Evaluation;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts;

/// <summary>What stands beside a verdict as information.</summary>
/// <remarks>protocol.md, Measures and Verdicts.</remarks>
public static class FindingRules
{
    /// <summary>The finding that first tokens hide a change.</summary>
    public const string FirstTokenBlind = "FIRST-TOKEN-BLIND";

    /// <summary>The finding that a public list of prompts shows less than fresh ones.</summary>
    public const string PublicPanelFlatters = "PUBLIC-PANEL-FLATTERS";

    private const int MostNamed = 5;

    /// <summary>What the weights alone tell: rounding to fewer bits and nothing else, or another change.</summary>
    /// <param name="difference">The weights compared; at least one tensor differs.</param>
    public static Finding Weights(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var story = DifferenceStory.Of(difference);
        var quantised = difference.Differing.Any(t => t.Kind == ChangeKind.Quantised) && difference.Differing.All(t => t.Kind is ChangeKind.Quantised or ChangeKind.Converted or ChangeKind.RoundTrip or ChangeKind.WithinRounding);
        return quantised
            ? new Finding("QUANTISED", $"The difference is quantisation alone, as far as the weights tell: {story.Sentence}")
            : new Finding("WEIGHTS-CHANGED", $"The weights alone tell this: {story.Sentence}");
    }

    /// <summary>What the weights prove of the change as a whole; null where nothing.</summary>
    /// <param name="difference">The weights compared.</param>
    public static ProvenChange? Proof(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var differing = difference.Differing.ToList();
        if (differing.Count > 0 && difference.PreservesFunction)
        {
            var permuted = differing.Count(t => t.Kind == ChangeKind.Permuted);
            return new ProvenChange(ProofKind.SameFunction, permuted > 0
                ? $"The weights are the base's in another order, checked value for value: {permuted} tensors are permuted together so that the function " +
                    "stays the same, and no value changed."
                : $"The weights hold the base's values, checked value for value; {differing.Count} tensors are stored otherwise.");
        }

        // Of these kinds the comparer has done the change again on the base, value for value.
        if (difference.Packaging.Forward == false && differing.Count > 0 && difference.LayersInPlace
            && differing.TrueForAll(t => t is { Rest: null, Kind: ChangeKind.Quantised or ChangeKind.Converted or ChangeKind.RoundTrip }))
            return new ProvenChange(ProofKind.RoundedOnly,
                $"Every value that differs is the base's, rounded; rounding the base again gives the candidate's values exactly. " +
                $"{DifferenceStory.Of(difference).Sentence}");
        return null;
    }

    /// <summary>What layers went or came twice, and weights that are no numbers.</summary>
    /// <param name="difference">The weights compared.</param>
    public static IReadOnlyList<Finding> Structure(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var findings = new List<Finding>();
        var map = difference.LayerMap.ToList();
        // A layer whose place is taken by one of no known origin was replaced: its tensors tell that.
        var gone = Enumerable.Range(0, difference.BaseLayers).Where(l => !map.Contains(l) && !(l < map.Count && map[l] is null)).ToList();
        var twice = map.OfType<int>().CountBy(l => l).Where(l => l.Value > 1).Select(l => l.Key).Order().ToList();
        if (gone.Count > 0 && map.Count > 0)
            findings.Add(new Finding("LAYERS-GONE",
                $"{Layers(gone)} of the base {(gone.Count == 1 ? "has" : "have")} no counterpart in the candidate, which has {map.Count} layers where the " +
                $"base has {difference.BaseLayers}.", FindingSeverity.Warning));
        if (twice.Count > 0)
            findings.Add(new Finding("LAYERS-TWICE", $"{Layers(twice)} of the base stand{(twice.Count == 1 ? "s" : "")} in the candidate more than once ({string.Join(", ", twice.Select(l => $"the base's {l} at {string.Join(" and ", Enumerable.Range(0, map.Count).Where(i => map[i] == l))}"))}), which has {map.Count} layers where the base has {difference.BaseLayers}.", FindingSeverity.Warning));
        var broken = difference.Tensors.Where(t => t.Kind == ChangeKind.NonFinite).Select(t => t.Name).ToList();
        if (broken.Count > 0)
            findings.Add(new Finding("WEIGHTS-NOT-NUMBERS",
                $"The candidate has values that are no numbers or infinite, where the base has none, in {broken.Count} " +
                $"tensor{(broken.Count == 1 ? "" : "s")}: {string.Join(", ", broken.Take(MostNamed))}{(broken.Count > MostNamed ? ", …" : "")}. Text that " +
                "reads one of them gives logits that are no numbers.", FindingSeverity.Warning));
        return findings;
    }

    /// <summary>"Layer 3", or "Layers 3, 5 to 7".</summary>
    private static string Layers(List<int> layers)
    {
        var runs = new List<string>();
        for (var i = 0; i < layers.Count;)
        {
            var end = i;
            while (end + 1 < layers.Count && layers[end + 1] == layers[end] + 1) end++;
            runs.Add(end == i ? $"{layers[i]}" : $"{layers[i]} to {layers[end]}");
            i = end + 1;
        }

        return (layers.Count == 1 ? "Layer " : "Layers ") + string.Join(", ", runs);
    }

    /// <summary>Whether the first token hides what the late ones show: the lower bound of ln(late / first) less the ladder's largest is above ln 10.</summary>
    /// <param name="panel">Its name.</param>
    /// <param name="measurements">What was measured.</param>
    /// <remarks>protocol.md, Verdicts: FIRST-TOKEN-BLIND.</remarks>
    public static bool IsFirstTokenBlind(string panel, MeasurementSet measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        return measurements.Estimate($"kld.{panel}.late_over_first") is { HasInterval: true } late
            && measurements.Estimate($"kld.{panel}.late_over_first_ladder") is { } ladder && late.Low - ladder.Value > Math.Log(10);
    }

    /// <summary>Whether the figure that people quote, first-token KL, shows less than there is: of a public list, or of first tokens at all. With DEGRADED or
    /// BROKEN this is GAMED.</summary>
    /// <param name="measurements">What was measured.</param>
    public static bool HidesHarm(MeasurementSet measurements) => IsFirstTokenBlind(VetDesign.Benign, measurements) || PublicPanel(measurements) is not null;

    /// <summary>The finding that the choice of rows flatters the accuracy: Δ_AC − Δ_do has an interval above 0 and exceeds the margin of accuracy. Null where
    /// it does not, or was not estimable.</summary>
    /// <param name="measurements">What was measured.</param>
    /// <param name="margins">How much is harm.</param>
    /// <remarks>protocol.md, "Refusal-to-reasoning delta": SELECTION.</remarks>
    public static Finding? Selection(MeasurementSet measurements, Margins margins)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        ArgumentNullException.ThrowIfNull(margins);
        return measurements.Estimate("r2r.prefixed.selection") is not { HasInterval: true } e || !(e.Low > 0 && e.Value > margins.Accuracy) ? null
            : new Finding("SELECTION", FormattableString.Invariant(
                $"Of what both models answer, the change in accuracy is {100 * e.Value:g3} points better [{100 * e.Low:g3}, {100 * e.High:g3}] than ")
                + "where both are put past the refusal: which questions are answered hides a part of the loss.", FindingSeverity.Warning);
    }

    /// <summary>The finding that first tokens of a public list diverge less than those of the challenge: the lower bound of ln(challenge / public) is above
    /// ln 3. Null where it is not, or without a public panel.</summary>
    /// <param name="measurements">What was measured.</param>
    /// <remarks>protocol.md, Verdicts: PUBLIC-PANEL-FLATTERS.</remarks>
    public static Finding? PublicPanel(MeasurementSet measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        if (measurements.Estimate($"kld.{VetDesign.Public}.challenge_over_public") is not { HasInterval: true } ratio
            || !(ratio.Low > Math.Log(3))) return null;
        return new Finding(PublicPanelFlatters, FormattableString.Invariant(
            $"First tokens diverge {Math.Exp(ratio.Value):g3} times as much on prompts that nobody could know as on the public panel, ")
            + FormattableString.Invariant($"at least {Math.Exp(ratio.Low):g3} times by the interval ({Value("challenge_first_token"):g3} against ")
            + FormattableString.Invariant($"{Value("first_token"):g3} nats): first-token KL on that list shows less of the change than there is."),
            FindingSeverity.Warning);

        double Value(string figure) => measurements.Estimate($"kld.{VetDesign.Public}.{figure}")?.Value ?? double.NaN;
    }

    /// <summary>Findings of one panel's divergence.</summary>
    /// <param name="panel">Its name.</param>
    /// <param name="measurements">What was measured.</param>
    public static IReadOnlyList<Finding> Of(string panel, MeasurementSet measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        var findings = new List<Finding>();
        if (Value("mean") is null) return findings;
        var blind = IsFirstTokenBlind(panel, measurements);
        if (blind)
        {
            var (over, rounding) = (Math.Exp(Value("late_over_first")!.Value.Value), Math.Exp(Value("late_over_first_ladder")!.Value.Value));
            findings.Add(new Finding(FirstTokenBlind, FormattableString.Invariant(
                $"On the {panel} panel tokens from the 16th on diverge {over:g3} times as much as first tokens ({Value("first_token")?.Value:g3} nats)")
                + FormattableString.Invariant($", by rounding at most {rounding:g3} times: first-token KL, the figure usually quoted, does not see it."),
                FindingSeverity.Warning));
        }

        // Without a ladder, or a bound, this only informs.
        if (!blind && (Value("late_over_first") ?? Value("late_over_first_unfloored")) is { } late && late.Value > Math.Log(10))
            findings.Add(new Finding("FIRST-TOKEN-HIDES", FormattableString.Invariant(
                $"On the {panel} panel tokens from the 16th on diverge {Math.Exp(late.Value):g3} times as much as first tokens ({Value("first_token")?.Value:g3} nats): the figure usually quoted does not show the change."), FindingSeverity.Warning));
        var infinite = Value("infinite_positions") ?? default;
        if (Value("token_pooled") is { } pooled && double.IsNaN(pooled.Value))
            findings.Add(new Finding("NOT-A-NUMBER",
                $"On the {panel} panel a model gives logits that are no numbers: its weights are broken or overflow, and no divergence can be measured.",
                FindingSeverity.Harm));
        else if (infinite.Value > 0)
            findings.Add(new Finding("INFINITE", FormattableString.Invariant(
                $"On the {panel} panel the candidate gives probability 0 to something the base can say at {infinite.Value} of {infinite.N} positions; the finite mean is {Value("finite_mean")?.Value:g4} nats."), FindingSeverity.Warning));
        var share = measurements.Find($"kld.{panel}.worst_item_share");
        if (share?.Value.Estimate.Value > ItemPanel.DominanceShare)
            findings.Add(new Finding("DOMINATED", FormattableString.Invariant(
                $"On the {panel} panel one item ({share.Where.Words[(share.Where.Words.LastIndexOf(' ') + 1)..]}) carries {share.Value.Estimate.Value:p0} of the sum of item means: no ranking may rest on this mean."), FindingSeverity.Warning));
        if (share?.Value.Estimate.Value > ItemPanel.DominanceShare || Value("item_variation")?.Value > ItemPanel.HeavyTailVariation)
            findings.Add(new Finding("HEAVY-TAIL", FormattableString.Invariant(
                $"On the {panel} panel the interval of the mean covers less than it says; read the log-mean, {Value("log_mean")}."), FindingSeverity.Warning));
        return findings;

        Estimate? Value(string figure) => measurements.Estimate($"kld.{panel}.{figure}");
    }
}
