using Assay.Evaluation.Diffing;
using Assay.Evaluation.Metrics;

namespace Assay.Verdicts;

/// <summary>What stands beside a verdict as information.</summary>
/// <remarks>protocol.md, Measures and Verdicts.</remarks>
public static class FindingRules
{
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

    /// <summary>Findings of one panel's divergence.</summary>
    /// <param name="panel">Its name.</param>
    /// <param name="summary">KL(p‖q) on the base's contexts.</param>
    public static IReadOnlyList<Finding> Of(string panel, DivergenceSummary summary)
    {
        var findings = new List<Finding>();
        // The protocol's FIRST-TOKEN-BLIND subtracts the ladder's largest ratio; without a ladder this only informs.
        if (summary.LateOverFirstLogUnfloored > Math.Log(10))
            findings.Add(new Finding("FIRST-TOKEN-HIDES", FormattableString.Invariant(
                $"On the {panel} panel tokens from the 16th on diverge {Math.Exp(summary.LateOverFirstLogUnfloored.Value):g3} times as much as first tokens ({summary.FirstToken.Value:g3} nats): the figure usually quoted does not show the change.")));
        if (double.IsNaN(summary.TokenPooled.Value))
            findings.Add(new Finding("NOT-A-NUMBER", $"On the {panel} panel a model gives logits that are no numbers: its weights are broken or overflow, and no divergence can be measured."));
        if (summary.InfinitePositions > 0)
            findings.Add(new Finding("INFINITE", FormattableString.Invariant(
                $"On the {panel} panel the candidate gives probability 0 to something the base can say at {summary.InfinitePositions} of {summary.Tokens} positions; the finite mean is {summary.FiniteHeadline.Value:g4} nats.")));
        if (summary.Dominated)
            findings.Add(new Finding("DOMINATED", FormattableString.Invariant(
                $"On the {panel} panel one item ({summary.WorstItem}) carries {summary.WorstItemShare:p0} of the sum of item means: no ranking may rest on this mean.")));
        if (summary.HeavyTail)
            findings.Add(new Finding("HEAVY-TAIL", FormattableString.Invariant(
                $"On the {panel} panel the interval of the mean covers less than it says; read the log-mean, {summary.LogMean}.")));
        return findings;
    }
}
