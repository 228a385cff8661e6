using System.Collections.Immutable;
using Assay.Evaluation;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>Where the packaging's part alone is beyond a margin.</summary>
/// <remarks>protocol.md, Verdicts: PACKAGING-HARM.</remarks>
/// <param name="Sentences">What is beyond its margin, a sentence each; empty where nothing is.</param>
/// <param name="Cites">Ids of those measurements.</param>
/// <param name="Held">Ids of what is shown of it, whether beyond a margin or not.</param>
internal sealed record PackagingHarm(ImmutableArray<string> Sentences, ImmutableArray<string> Cites, ImmutableArray<string> Held)
{
    private const string UnusableId = "packaging.benign.unusable.packaging", Prose = "packaging.prose.", Part = ".delta_nll.packaging";

    /// <summary>Holds the measurements against the margins.</summary>
    public static PackagingHarm Of(MeasurementSet measurements, Margins margins)
    {
        var (sentences, cites, held) = (new List<string>(), new List<string>(), new List<string>());
        if (measurements.Find(PackagingMeasure.DivergenceId) is not null) held.Add(PackagingMeasure.DivergenceId);
        Hold(UnusableId, margins.Unusable, 100, "Answers that loop, do not end or are empty, benign panel, by packaging alone", "percentage points", "items");
        foreach (var domain in measurements.All.Where(m => m.Id.StartsWith(Prose, StringComparison.Ordinal) && m.Id.EndsWith(Part, StringComparison.Ordinal)))
            Hold(domain.Id, margins.DomainNll, 1,
                $"NLL of the domain {domain.Id[Prose.Length..^Part.Length]}, by packaging alone", "nats a token", "documents");
        return new PackagingHarm([.. sentences], [.. cites], [.. held]);

        void Hold(string id, double margin, int scale, string what, string unit, string clusters)
        {
            if (measurements.Estimate(id) is not { } e) return;
            held.Add(id);
            if (!(e is { HasInterval: true } && e.Low > margin)) return;
            sentences.Add(what + FormattableString.Invariant($": {scale * e.Value:g3} {unit}, 95 % interval from {scale * e.Low:g3} to {scale * e.High:g3}, ")
                + FormattableString.Invariant($"{e.N} {clusters}; the margin is {scale * margin:g3}."));
            cites.Add(id);
        }
    }
}
