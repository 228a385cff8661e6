using Assay.Evaluation.Diffing;
using Assay.Evaluation.Vetting;

namespace Assay.Runs;

/// <summary>What comparing all weights says of a pair.</summary>
/// <param name="Comparability">Whether the two can be compared, and which tokens were added.</param>
/// <param name="Difference">The weights compared; null where their hashes are equal.</param>
/// <param name="Unreadable">Texts that the candidate cannot read, a sentence each.</param>
internal sealed record WeightsComparison(Comparability Comparability, CheckpointDifference? Difference, IReadOnlyList<string> Unreadable);
