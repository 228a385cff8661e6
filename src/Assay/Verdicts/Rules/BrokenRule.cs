using System.Globalization;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>BROKEN: logits that are no numbers, or that say nothing. No margin and no number of items is needed.</summary>
internal sealed class BrokenRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Broken;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var (sentences, cites) = Faults(measurements, "candidate", "The candidate");
        sentences.AddRange(facts.Unreadable);
        return sentences.Count > 0 ? RuleOutcome.Holds("The candidate cannot be used.", sentences, cites) : RuleOutcome.Fails;
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
