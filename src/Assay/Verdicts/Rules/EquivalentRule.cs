using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>EQUIVALENT: the weights compute the same function, checked value for value, and the measures agree.</summary>
internal sealed class EquivalentRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Equivalent;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins) =>
        facts.Proven is { Kind: ProofKind.SameFunction } same && measurements.Estimate("agreement.largest_kld") is { } largest && largest.Value <= margins.ReorderedKld
            ? RuleOutcome.Holds("Nothing was lost: the candidate computes the same function as its base.",
                [same.Sentence, FormattableString.Invariant(
                $"The largest KLD of {largest.N} scored positions is {largest.Value:g3} nats, which adding up the same numbers in another order explains.")],
                ["agreement.largest_kld", .. PanelRules.Deciding(measurements)])
            : RuleOutcome.Fails;
}
