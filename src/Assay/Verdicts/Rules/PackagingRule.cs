using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>PACKAGING: only the weights hashes are equal (M13).</summary>
internal sealed class PackagingRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Packaging;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins) => facts.WeightsEqual
        ? RuleOutcome.Holds("The weights are the same; the packaging (how they are stored, tokenizer, template, special tokens or generation config) differs.",
            ["Only the weights hashes are equal. Harm from packaging is not judged yet."], PanelRules.Means(measurements)) : RuleOutcome.Fails;
}
