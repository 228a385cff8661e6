using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>SHIFTED by rounding alone, which the weights prove, with divergences below what could be measured as a loss.</summary>
internal sealed class RoundedRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Shifted;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var panels = PanelRules.Of(measurements);
        if (facts.Proven is not { Kind: ProofKind.RoundedOnly } proof || panels.Count == 0 || !panels.All(Little)) return RuleOutcome.Fails;
        return RuleOutcome.Holds("The weights were rounded and nothing else was changed; nothing was lost that was measured.",
            [proof.Sentence, .. panels.Select(PanelRules.Sentence)], PanelRules.Deciding(measurements));

        bool Little(PanelMean panel) => panel.Mean.Value <= margins.RoundedKld && !(panel.Mean.High > margins.RoundedKld) && panel.Infinite == 0;
    }
}
