namespace Assay.Evaluation.Vetting;

/// <summary>How far a comparison has come.</summary>
/// <param name="Stage">What was done last.</param>
/// <param name="Done">Items and documents finished; of statistics measures.</param>
/// <param name="Total">Items and documents in all; of statistics measures.</param>
/// <param name="Restored">Those of the finished that an earlier run left in the journal.</param>
/// <param name="Tokens">Tokens forwarded or generated so far, both models together.</param>
public readonly record struct VetProgress(string Stage, int Done, int Total, int Restored, long Tokens);
