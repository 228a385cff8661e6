using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>What a comparison would do.</summary>
/// <param name="Plan">The resolved plan as YAML.</param>
/// <param name="Decided">The verdict where it needs no measuring; null where it does.</param>
/// <param name="Cost">What measuring would take, a line each.</param>
public sealed record VetPreview(string Plan, VerdictDecision? Decided, IReadOnlyList<string> Cost);
