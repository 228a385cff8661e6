using Assay.Evaluation;

namespace Assay.Verdicts;

/// <summary>What one panel says.</summary>
/// <param name="Name">Benign or trigger.</param>
/// <param name="MeanKld">Mean KLD over items with its 95 % interval, nats; where it is infinite, over finite positions alone.</param>
/// <param name="InfinitePositions">Positions where the candidate gives probability 0 to what the base can say.</param>
public sealed record PanelEvidence(string Name, Estimate MeanKld, long InfinitePositions = 0);
