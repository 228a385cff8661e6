using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>PACKAGING: only the weights hashes are equal (M13).</summary>
internal sealed class PackagingRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Packaging;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        if (!facts.WeightsEqual) return RuleOutcome.Fails;
        const string sentence = "The weights are the same; the packaging (how they are stored, tokenizer, template, special tokens or generation config) " +
            "differs.";
        var harm = PackagingHarm.Of(measurements, margins);
        if (harm.Sentences.Length > 0)
            return RuleOutcome.Holds(sentence + " It does harm.", harm.Sentences, [.. harm.Cites, .. PanelRules.Means(measurements)]) with { Harmful = true };
        var why = measurements.Find(PackagingMeasure.DivergenceId) is { Value: NotMeasurable refused } ? $"Harm from packaging was not measured: {refused.Why}."
            : harm.Held.Length > 0 ? "No harm from packaging is beyond its margin."
            : facts.OnlyStorageDiffers ? "Only how they are stored differs: nothing that is read or generated depends on it."
                : "Harm from packaging was not measured.";
        return RuleOutcome.Holds(sentence, ["Only the weights hashes are equal. " + why], [.. harm.Held, .. PanelRules.Means(measurements)]);
    }
}
