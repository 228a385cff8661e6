using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>What every clean bill needs.</summary>
internal static class NoHarm
{
    /// <summary>Whether every harm is bounded below its margin, and none of them for want of data.</summary>
    public static bool Shown(MeasurementSet measurements, Margins margins) =>
        HarmTable.In(measurements).Any(h => h.Excluded(measurements, margins)) && !HarmTable.In(measurements).Any(h => h.Open(measurements, margins))
        && HarmTable.Domains(measurements).Any();
}
