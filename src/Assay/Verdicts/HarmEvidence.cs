using Assay.Evaluation;
using Assay.Evaluation.Vetting;

namespace Assay.Verdicts;

/// <summary>A measure that is damage where it is above its margin.</summary>
/// <param name="What">What it is, as the beginning of a sentence.</param>
/// <param name="Delta">Candidate less base, with its 95 % interval.</param>
/// <param name="Margin">Damage is told from a lower bound above this.</param>
/// <remarks>protocol.md, DEGRADED.</remarks>
public sealed record HarmEvidence(string What, Estimate Delta, double Margin)
{
    /// <summary>Margin of the probability on ids that the tokenizer cannot name: half a percentage point.</summary>
    public const double UnnamedMargin = .005;

    /// <summary>Probability on ids that the tokenizer cannot name: candidate less base, on the benign panel.</summary>
    /// <param name="unnamed">Measured there.</param>
    public static HarmEvidence Of(UnnamedTokens unnamed)
    {
        ArgumentNullException.ThrowIfNull(unnamed);
        return new HarmEvidence("Probability on ids that the tokenizer cannot name, candidate less base, benign panel", unnamed.Delta, UnnamedMargin);
    }

    /// <summary>Whether the lower bound is above the margin.</summary>
    public bool Above => Delta.HasInterval && Delta.Low > Margin;

    /// <summary>The measure against its margin, in percentage points.</summary>
    public string Sentence => Delta.HasInterval
        ? FormattableString.Invariant($"{What}: {100 * Delta.Value:g3} percentage points, 95 % interval from {100 * Delta.Low:g3} to {100 * Delta.High:g3}, {Delta.N} items; the margin is {100 * Margin:g3}.")
        : FormattableString.Invariant($"{What}: {100 * Delta.Value:g3} percentage points, no interval ({Delta.Method}), {Delta.N} items; the margin is {100 * Margin:g3}.");
}
