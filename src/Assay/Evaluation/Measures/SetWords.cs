using System.Globalization;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>Sets in words and in ids of measurements.</summary>
internal static class SetWords
{
    /// <summary>Such as "base's greedy answers (R1), benign panel, every token, full vocabulary".</summary>
    public static string Words(ContextSet set)
    {
        var who = set.Policy switch
        {
            Policy.Reference when set.IsChoices => $"choices after their questions, {set.Panel} panel, every token of a choice, full vocabulary",
            Policy.Reference => $"reference text (R0), windows of {set.Panel[(set.Panel.LastIndexOf('-') + 1)..]} tokens",
            Policy.Base => $"base's {How(set)} (R1), {set.Panel} panel, every token, full vocabulary",
            Policy.Floor => $"rounded base's {How(set)}, {set.Panel} panel",
            _ => $"candidate's {How(set)} (R2), {set.Panel} panel, every token, full vocabulary",
        };
        if (set.Own) who += ", each model in its own packaging";
        return set.Subject == ContextSet.Candidate ? who : $"{who}, {set.Subject} in the candidate's place";

        static string How(ContextSet set) => set.Temperature == 0 ? "greedy answers" : string.Create(CultureInfo.InvariantCulture, $"answers sampled at T = {set.Temperature}");
    }

    /// <summary>What stands behind the panel in an id: nothing for the base's greedy answers.</summary>
    public static string Qualifier(ContextSet set)
    {
        var policy = (set.Policy, set.Temperature) switch
        {
            (Policy.Candidate, 0) => ".r2",
            (Policy.Candidate, _) => ".r2_sampled",
            (Policy.Base, > 0) => ".r1_sampled",
            _ => "",
        };
        return set.Subject == ContextSet.Candidate ? policy : $"{policy}.{set.Subject}";
    }

    /// <summary>A measurement of an estimate.</summary>
    public static Measurement Estimated(string id, Estimate value, string unit, ContextSet set, string more = "") =>
        new(id, new Estimated(value), unit, new Where(set, Words(set) + more));

    /// <summary>A measurement that describes the sample.</summary>
    public static Measurement Described(string id, double value, long n, string unit, ContextSet set, string more = "") =>
        new(id, new Described(value, n), unit, new Where(set, Words(set) + more));

    /// <summary>A number as ids spell it.</summary>
    public static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether a set was scored.</summary>
    public static bool Scored(ScoreStore scores, ContextSet set) => scores.Has(set);
}
