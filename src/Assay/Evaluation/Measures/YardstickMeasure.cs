using System.Globalization;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Yardsticks;

namespace Assay.Evaluation.Measures;

/// <summary>M12: divergences against those of known changes of the same base, on the same items.</summary>
public sealed class YardstickMeasure : IMeasure
{
    internal const string Rounded = "rounded-";

    /// <summary>The rung whose worst items a surgical edit stays below.</summary>
    private const string Tail = "rounded-4";

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M12", "Yardsticks",
        "mean KLD of the base against itself with the residual stream rounded to bf16 (floor), with its block matrices rounded to 8, 6, 5, 4, 3, 2 bits, noised, or with a random direction " +
        "removed; each divergence as a multiple of the floor, and as the rung of the rounding ladder that it equals: piecewise linear in ln value against bits after isotonic regression",
        "protocol.md M12; Barlow et al. 1972 (isotonic regression)", "nats/token; ratio; bits", "Whether a candidate does the same kind of damage as the rung that it equals.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (design.Yardsticks.Length == 0) return Needs.None;
        // The candidate on the same items: without other measures nobody else asks for it.
        return new Needs([.. design.Yardsticks.Prepend(ContextSet.Candidate)
            .SelectMany(y => Sets(design).Select(s => new SetNeed(s.Set.Under(y), ScoreColumns.Kl, Items: design.YardstickItems)))]);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var design = input.Design;
        if (design.Yardsticks.Length == 0) yield break;
        foreach (var (set, id) in Sets(design))
        {
            if (design.Yardsticks.Any(y => !input.Scores.Has(set.Under(y))) || !input.Scores.Has(set)) continue;
            var values = new Dictionary<string, ItemPanel>(StringComparer.Ordinal);
            foreach (var yardstick in design.Yardsticks)
            {
                var panel = values[yardstick] = ItemPanel.Of(input.Scores.Scores(set.Under(yardstick)), ScoreColumns.Kl);
                yield return SetWords.Estimated($"{id}.{yardstick}", panel.Headline(input.Statistics), "nats/token", set.Under(yardstick));
            }

            // The candidate on the items of the yardsticks alone: what is compared is paired.
            var names = values.Values.First().Items.Select(i => i.Item).ToHashSet(StringComparer.Ordinal);
            var candidate = ItemPanel.Of(input.Scores.Scores(set), ScoreColumns.Kl, i => names.Contains(i.Item));
            if (values.TryGetValue(YardstickCatalogue.Floor.Id, out var floor))
                foreach (var over in Floor(input, set, id, candidate, floor)) yield return over;
            if (values.TryGetValue(Tail, out var tail))
                yield return SetWords.Estimated($"{id}.{Tail}.cvar90_items", input.Statistics.Tail(tail.Values, tail.Strata).Cvar90Items, "nats/token",
                    set.Under(Tail), ", mean of the worst tenth of items");
            var ladder = new Ladder(values.Where(v => v.Key.StartsWith(Rounded, StringComparison.Ordinal))
                .Select(v => (int.Parse(v.Key.AsSpan(Rounded.Length), CultureInfo.InvariantCulture), v.Value.Headline(input.Statistics).Value)));
            if (ladder.Count < 2) continue;
            var value = candidate.Headline(input.Statistics);
            var rung = ladder.Rung(value.Value);
            // More divergence is fewer bits: the upper bound of the one is the lower of the other.
            yield return SetWords.Estimated($"{id}.rung", value.HasInterval
                ? new Estimate(rung.Bits, ladder.Rung(value.High).Bits, ladder.Rung(Math.Max(0, value.Low)).Bits, value.Level, value.N, value.Method + ", read off the ladder")
                : new Estimate(rung.Bits, double.NaN, double.NaN, value.Level, value.N, value.Method), "bits", set, $", the rung of the rounding ladder that equals it: {rung.Words}");
        }
    }

    /// <summary>The candidate's headline over the floor's on the same items: as a multiple, and its logarithm with the candidate's mean raised to the floor's,
    /// so that it has a bound at the floor too.</summary>
    private static IEnumerable<Measurement> Floor(MeasureInput input, ContextSet set, string id, ItemPanel candidate, ItemPanel floor)
    {
        var n = candidate.Items.Count;
        var (low, value) = (floor.Headline(input.Statistics).Value, candidate.Headline(input.Statistics).Value);
        var noFloor = new NotMeasurable("the floor is exactly 0", n);
        var log = new Lazy<Estimate>(() => input.Statistics.LogRatio(candidate.Clusters(candidate.Means), floor.Clusters(floor.Means)));
        yield return new Measurement($"{id}.times_floor", !(value > low) ? new AtFloor(n) : !(low > 0) ? noFloor : new Estimated(Each(Math.Exp)), "ratio",
            new Where(set, SetWords.Words(set) + ", as a multiple of the floor on the same items"));
        yield return new Measurement($"{id}.over_floor", !(low > 0) ? noFloor
            : value == 0 ? new Estimated(new Estimate(0, 0, 0, .95, n, "no position differs")) : new Estimated(Each(v => Math.Max(0, v))), "ln ratio",
            new Where(set, SetWords.Words(set) + ", raised to the floor's, over the floor's on the same items"));

        Estimate Each(Func<double, double> of) => log.Value with { Value = of(log.Value.Value), Low = of(log.Value.Low), High = of(log.Value.High) };
    }

    private static IEnumerable<(ContextSet Set, string Id)> Sets(VetDesign design) =>
        design.Panels.Select(p => (VetDesign.BaseAnswers(p), $"yardstick.kld.{p}")).Concat(design.Windows.Take(1).Select(w => (VetDesign.Prose(w), "yardstick.kld.prose")));
}
