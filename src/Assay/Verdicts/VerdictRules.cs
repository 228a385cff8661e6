using Assay.Evaluation.Measures;
using Assay.Verdicts.Rules;

namespace Assay.Verdicts;

/// <summary>The rules in their order; the first that matches gives the verdict.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
public static class VerdictRules
{
    /// <summary>Every rule, in order.</summary>
    public static IReadOnlyList<IVerdictRule> All { get; } =
    [
        new IncomparableRule(), new IdenticalRule(), new PackagingRule(), new BrokenRule(), new DegradedRule(), new EquivalentRule(), new RoundedRule(),
            new SurgicalRule(),
        new ShiftedRule(),
        new InconclusiveRule(),
    ];

    /// <summary>Decides.</summary>
    /// <param name="facts">What files and weights say.</param>
    /// <param name="measurements">What was measured.</param>
    /// <param name="margins">How much is harm; null for the protocol's.</param>
    public static VerdictDecision Decide(VerdictFacts facts, MeasurementSet measurements, Margins? margins = null)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(measurements);
        foreach (var rule in All)
        {
            if (rule.Apply(facts, measurements, margins ?? new Margins()) is not { State: RuleState.Holds } outcome) continue;
            return new VerdictDecision(rule.Verdict, facts.Limited ? outcome.Sentence + " This run was limited: it is not a verdict." : outcome.Sentence, outcome.Reasons,
                facts.Limited, outcome.Cites) { Harmful = outcome.Harmful };
        }

        throw new InvalidOperationException("The last rule matches always.");
    }
}
