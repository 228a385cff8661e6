using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>SHIFTED: a divergence is bounded above 0.</summary>
internal sealed class ShiftedRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Shifted;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var rounded = facts.Proven is { Kind: ProofKind.RoundedOnly } proof ? proof : null;
        var real = PanelRules.Of(measurements).Where(p => p.Mean.N >= margins.Items && p.Mean.Low > 0).ToList();
        if (real.Count == 0) return RuleOutcome.Fails;
        return RuleOutcome.Holds(rounded is null ? "The difference is real; damage is not judged yet."
            : "The weights were rounded and nothing else was changed; damage by rounding is not judged yet.",
            [.. rounded is null ? (string[])[] : [rounded.Sentence], .. real.Select(PanelRules.Sentence)], PanelRules.Deciding(measurements));
    }
}
