using Assay.Evaluation;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>DEGRADED: the lower bound of a harm is above its margin.</summary>
internal sealed class DegradedRule : IVerdictRule
{
    private const string Unnamed = "unnamed_ids.benign.delta";

    public Verdict Verdict => Verdict.Degraded;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var packaging = PackagingHarm.Of(measurements, margins);
        string[] unnamed = UnnamedIds(measurements, margins) is { } sentence ? [sentence] : [];
        return unnamed.Length + packaging.Sentences.Length == 0 ? RuleOutcome.Fails
            : RuleOutcome.Holds("The candidate is worse than its base by more than a margin.", [.. unnamed, .. packaging.Sentences],
                [.. unnamed.Select(_ => Unnamed), .. packaging.Cites]);
    }

    /// <summary>The harm of ids that no tokenizer names, in words; null where it is not shown.</summary>
    public static string? UnnamedIds(MeasurementSet measurements, Margins margins)
    {
        const string what = "Probability on ids that the tokenizer cannot name, candidate less base, benign panel";
        return measurements.Estimate(Unnamed) is { HasInterval: true } delta && delta.Low > margins.UnnamedIds
            ? FormattableString.Invariant($"{what}: {100 * delta.Value:g3} percentage points, 95 % interval from {100 * delta.Low:g3} to {100 * delta.High:g3}, {delta.N} items; the margin is {100 * margins.UnnamedIds:g3}.")
            : null;
    }
}
