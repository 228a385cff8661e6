using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>INCOMPARABLE: token ids mean different things, or nothing says that one model came from the other.</summary>
internal sealed class IncomparableRule : IVerdictRule
{
    public Verdict Verdict => Verdict.Incomparable;

    public RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins)
    {
        var found = new List<string>();
        if (facts.TokenDifference is { } tokens) found.Add("Token ids mean different things in the two. " + tokens);
        if (!facts.WeightsEqual)
        {
            if (!facts.Matched) found.Add("No matrix of the candidate has the shape of one of the base's: nothing says that one came from the other.");
            else if (facts.MedianCosine is { } cosine && !(cosine >= margins.Cosine))
                found.Add(FormattableString.Invariant(
                    $"The median cosine between matrices of both, layers matched by what they hold, is {cosine:f3}, below {margins.Cosine:f1}: another base."));
        }

        return found.Count > 0 ? RuleOutcome.Holds("These are not two versions of one model.", found, []) : RuleOutcome.Fails;
    }
}
