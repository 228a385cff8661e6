using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>Domains of reference text whose change of likelihood is not bounded below its margin.</summary>
/// <remarks>protocol.md, Verdicts, SURGICAL: the plain ΔNLL of every domain, whether the base predicts it or not.</remarks>
internal static class DomainChange
{
    private const string Prefix = "prose.", Suffix = ".delta_nll";

    /// <summary>A sentence for each domain that is not bounded; one where none was measured.</summary>
    /// <param name="measurements">What was measured.</param>
    /// <param name="margin">ΔNLL that each domain is held against, nats a token.</param>
    public static IEnumerable<string> Open(MeasurementSet measurements, double margin)
    {
        var any = false;
        foreach (var m in measurements.All.Where(m => m.Id.StartsWith(Prefix, StringComparison.Ordinal) && m.Id.EndsWith(Suffix, StringComparison.Ordinal)))
        {
            var name = m.Id[Prefix.Length..^Suffix.Length];
            if (name is "worst" or "all" or "macro" || name.Contains('.', StringComparison.Ordinal)) continue;
            any = true;
            var e = m.Value.Estimate;
            if (e.HasInterval && e.High < margin) continue;
            var bounds = e.HasInterval ? FormattableString.Invariant($"95 % interval from {e.Low:g3} to {e.High:g3}") : $"no interval ({e.Method})";
            yield return FormattableString.Invariant(
                $"NLL of the domain {name}: {e.Value:g3} nats a token more, {bounds}, {e.N} documents; the margin is {margin:g3}.");
        }

        if (!any) yield return "NLL of reference text: not measured.";
    }
}
