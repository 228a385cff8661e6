using Assay.Evaluation.Measures;

namespace Assay.Verdicts;

/// <summary>One rule of protocol.md: reads measurements and facts, says whether its verdict is given, and cites what it rests on.</summary>
public interface IVerdictRule
{
    /// <summary>The verdict that it gives.</summary>
    Verdict Verdict { get; }

    /// <summary>Applies it.</summary>
    /// <param name="facts">What files and weights say.</param>
    /// <param name="measurements">What was measured.</param>
    /// <param name="margins">How much is harm.</param>
    RuleOutcome Apply(VerdictFacts facts, MeasurementSet measurements, Margins margins);
}
