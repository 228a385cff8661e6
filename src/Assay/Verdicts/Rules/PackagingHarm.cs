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
        Hold(UnusableId, margins.Unusable, e => FormattableString.Invariant(
            $"Answers that loop, do not end or are empty, benign panel, by packaging alone: {100 * e.Value:g3} percentage points, 95 % interval from {100 * e.Low:g3} to {100 * e.High:g3}, {e.N} items; the margin is {100 * margins.Unusable:g3}."));
        foreach (var domain in measurements.All.Where(m => m.Id.StartsWith(Prose, StringComparison.Ordinal) && m.Id.EndsWith(Part, StringComparison.Ordinal)))
            Hold(domain.Id, margins.DomainNll, e => FormattableString.Invariant(
                $"NLL of the domain {domain.Id[Prose.Length..^Part.Length]}, by packaging alone: {e.Value:g3} nats a token, 95 % interval from {e.Low:g3} to {e.High:g3}, {e.N} documents; the margin is {margins.DomainNll:g3}."));
        return new PackagingHarm([.. sentences], [.. cites], [.. held]);

        void Hold(string id, double margin, Func<Estimate, string> words)
        {
            if (measurements.Estimate(id) is not { } e) return;
            held.Add(id);
            if (!(e is { HasInterval: true } && e.Low > margin)) return;
            sentences.Add(words(e));
            cites.Add(id);
        }
    }
}
