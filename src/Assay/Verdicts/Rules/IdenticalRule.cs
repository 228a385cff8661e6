using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>IDENTICAL: both hashes are equal (M13).</summary>
internal sealed class IdenticalRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Identical;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins) => facts is { WeightsEqual: true, PackagingEqual: true }
        ? RuleOutcome.Holds("Weights and packaging are the same.", ["Both hashes are equal."], PanelRules.Means(measurements)) : RuleOutcome.Fails;
}
