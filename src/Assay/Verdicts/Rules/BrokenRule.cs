using System.Globalization;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>BROKEN: logits that are no numbers, or that say nothing, for which no margin and no number of items is needed; or hardly an answer that can be
/// used, or twice the perplexity.</summary>
internal sealed class BrokenRule : IVerdictRule
{
    private const string Unusable = "r2r.unusable.benign", Likelihood = "prose.macro.delta_nll";

    public Verdict Verdict => Verdict.Broken;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var (sentences, cites) = Faults(measurements, "candidate", "The candidate");
        sentences.AddRange(facts.Unreadable);
        if (measurements.Estimate(Unusable) is { HasInterval: true } unusable && unusable.Low > margins.BrokenUnusable)
            Add(Unusable, FormattableString.Invariant(
                $"Benign questions without a usable answer: {100 * unusable.Value:g3} percentage points more than the base, ")
                + FormattableString.Invariant($"95 % interval from {100 * unusable.Low:g3} to {100 * unusable.High:g3}, {unusable.N} cores; ")
                + FormattableString.Invariant($"beyond {100 * margins.BrokenUnusable:g3} a model is broken."));
        if (measurements.Estimate(Likelihood) is { HasInterval: true } nll && nll.Low > margins.BrokenNll)
            Add(Likelihood, FormattableString.Invariant($"Perplexity of reference text: {Math.Exp(nll.Value):g3} times the base's, 95 % interval from ")
                + FormattableString.Invariant($"{Math.Exp(nll.Low):g3} to {Math.Exp(nll.High):g3}, {nll.N} documents; ")
                + FormattableString.Invariant($"beyond {Math.Exp(margins.BrokenNll):g3} a model is broken."));
        return sentences.Count > 0 ? RuleOutcome.Holds("The candidate cannot be used.", sentences, cites) : RuleOutcome.Fails;

        void Add(string id, string sentence)
        {
            sentences.Add(sentence);
            cites.Add(id);
        }
    }

    /// <summary>What is wrong with one model's logits, a sentence each, and the measurements that say so.</summary>
    /// <param name="measurements">What was measured.</param>
    /// <param name="side"><c>base</c> or <c>candidate</c>.</param>
    /// <param name="who">The subject of the sentences.</param>
    public static (List<string> Sentences, List<string> Cites) Faults(MeasurementSet measurements, string side, string who)
    {
        var (sentences, cites) = (new List<string>(), new List<string>());
        var flat = measurements.Find($"faults.{side}.flat");
        if (Count(measurements.Find($"faults.{side}.not_finite")) is { } broken)
            Add(broken, string.Create(CultureInfo.InvariantCulture,
                $"{who} gives logits that are no numbers or infinite at {broken.Value.Estimate.Value} of {broken.Value.Estimate.N} scored positions, the first in {broken.Where.Words}."));
        if (Count(flat) is { } same)
            Add(same, string.Create(CultureInfo.InvariantCulture,
                $"{who} gives every token the same logit at {same.Value.Estimate.Value} of {same.Value.Estimate.N} scored positions, the first in {same.Where.Words}: it cannot choose a token."));
        else if (Count(measurements.Find($"faults.{side}.constant")) is { } constant)
            Add(constant, string.Create(CultureInfo.InvariantCulture,
                $"{who} gives the same distribution at all {constant.Value.Estimate.N} scored positions: it does not read its context."));
        return (sentences, cites);

        void Add(Measurement measurement, string sentence)
        {
            sentences.Add(sentence);
            cites.Add(measurement.Id);
        }

        static Measurement? Count(Measurement? measurement) => measurement?.Value.Estimate.Value > 0 ? measurement : null;
    }
}
