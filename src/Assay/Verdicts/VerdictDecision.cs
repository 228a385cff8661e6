namespace Assay.Verdicts;

/// <summary>A verdict with its reason.</summary>
/// <param name="Verdict">Which.</param>
/// <param name="Sentence">One sentence for the reader.</param>
/// <param name="Reasons">The numbers or facts that decided it; what could not be bounded, and the n it needs.</param>
/// <param name="Limited">The run was limited: this is not a verdict, and every report says so.</param>
/// <param name="Cites">Ids of the measurements that the matching rule rests on, first the most telling.</param>
public sealed record VerdictDecision(Verdict Verdict, string Sentence, IReadOnlyList<string> Reasons, bool Limited, IReadOnlyList<string> Cites)
{
    /// <summary>The name in capitals, as reports and other programs read it.</summary>
    public string Name => Verdict.ToString().ToUpperInvariant();

    /// <summary>Whether the verdict, which need not mean harm, comes with harm: PACKAGING beyond a margin.</summary>
    public bool Harmful { get; init; }

    /// <summary>Exit code: 0, 1 where the candidate is broken, degraded or its packaging does harm, 2 where inconclusive, 65 where the two cannot be
    /// compared.</summary>
    public int ExitCode => Verdict switch
    {
        Verdict.Broken or Verdict.Degraded => 1,
        Verdict.Inconclusive => 2,
        Verdict.Incomparable => 65,
        _ => Harmful ? 1 : 0,
    };
}
