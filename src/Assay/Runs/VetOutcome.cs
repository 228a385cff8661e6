using Assay.Evaluation.Measures;
using Assay.Reports;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>What a comparison came to.</summary>
/// <param name="Report">Everything that a report says; null of a part, which is judged only when all parts are joined.</param>
/// <param name="Measurements">Every number; none of a part.</param>
/// <param name="Decision">The verdict; null of a part.</param>
/// <param name="Folder">Folder of the run, or of the part.</param>
public sealed record VetOutcome(ReportDocument? Report, MeasurementSet Measurements, VerdictDecision? Decision, string Folder);
