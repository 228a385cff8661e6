using System.Collections.Immutable;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Search;

/// <summary>What the scores of all candidates say: the certificate of a search.</summary>
/// <remarks>Indices are into the list of candidates. The best of many is biased: the winner is to be measured anew on the report split (editing.md, mistake
/// 43).</remarks>
public sealed record SearchChoice
{
    /// <summary>Candidates scored.</summary>
    public required int Scored { get; init; }

    /// <summary>Those whose scores are not numbers: their models are wrecked.</summary>
    public required ImmutableArray<int> Unranked { get; init; }

    /// <summary>Largest damage allowed; null for any.</summary>
    public double? MaxDamage { get; init; }

    /// <summary>Those that damage as much as is allowed, or less.</summary>
    public required int Eligible { get; init; }

    /// <summary>The largest mean behaviour among them, the first of equals.</summary>
    public required int Best { get; init; }

    /// <summary>Its interval.</summary>
    public required Estimate BestBehaviour { get; init; }

    /// <summary>The next largest; −1 where there is none.</summary>
    public required int Next { get; init; }

    /// <summary>The one chosen.</summary>
    public required int Winner { get; init; }

    /// <summary>Least damage first.</summary>
    public required ImmutableArray<int> Front { get; init; }

    /// <summary>Behaviour minus the best's, paired by item, with simultaneous intervals; of every candidate that is eligible, NaN for the others.</summary>
    public required ImmutableArray<Estimate> Differences { get; init; }

    /// <summary>Those whose interval contains 0, the best among them.</summary>
    public required ImmutableArray<int> Ties { get; init; }

    /// <summary>Chooses.</summary>
    /// <remarks>The winner: least damage among the candidates whose behaviour lies within the 95 % interval of the best's; ties by the larger behaviour, then
    /// by the order of the list. With a limit on the damage: the best behaviour within it. Where too few items allow no interval: the best.</remarks>
    /// <param name="scores">Of all candidates, in list order.</param>
    /// <param name="seed">Of the bootstraps.</param>
    /// <param name="maxDamage">Largest mean KL allowed, in nats; null for the rule of the interval.</param>
    /// <exception cref="InvalidInputException">No candidate has a score within the limit.</exception>
    public static SearchChoice Of(IReadOnlyList<CandidateScore> scores, ulong seed, double? maxDamage = null)
    {
        var ranked = Enumerable.Range(0, scores.Count).Where(i => scores[i].IsRanked).ToList();
        if (ranked.Count == 0) throw new InvalidInputException($"None of {scores.Count} candidates has scores that are numbers. Try smaller strengths.");
        var eligible = ranked.Where(i => maxDamage is not { } limit || scores[i].MeanDamage <= limit).ToList();
        if (eligible.Count == 0)
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"No candidate keeps the mean KL within {maxDamage:g4}; the least is {ranked.Min(i => scores[i].MeanDamage):g4} ({scores[ranked.MinBy(i => scores[i].MeanDamage)].Id}). Allow more."));
        var order = eligible.OrderByDescending(i => scores[i].MeanBehaviour).ThenBy(i => i).ToList();
        var best = order[0];
        var interval = scores[best].BehaviourEstimate(seed);
        var winner = best;
        if (maxDamage is null && interval.HasInterval)
        {
            winner = eligible.Where(i => i == best || scores[i].MeanBehaviour >= interval.Low && scores[i].MeanBehaviour <= interval.High)
                .OrderBy(i => scores[i].MeanDamage).ThenByDescending(i => scores[i].MeanBehaviour).ThenBy(i => i).First();
        }

        var differences = new Estimate[scores.Count];
        Array.Fill(differences, new Estimate(double.NaN, double.NaN, double.NaN, .95, 0, "not eligible"));
        foreach (var (i, difference) in eligible.Zip(PairedMaxT.Differences([.. eligible.Select(i => scores[i].Behaviour)], eligible.IndexOf(best), seed))) differences[i] = difference;
        return new SearchChoice
        {
            Scored = scores.Count,
            Unranked = [.. Enumerable.Range(0, scores.Count).Where(i => !scores[i].IsRanked)],
            MaxDamage = maxDamage,
            Eligible = eligible.Count,
            Best = best,
            BestBehaviour = interval,
            Next = order.Count > 1 ? order[1] : -1,
            Winner = winner,
            Front = [.. ParetoFront.Of(scores)],
            Differences = [.. differences],
            Ties = [.. eligible.Where(i => i == best || differences[i].HasInterval && differences[i].Low <= 0 && differences[i].High >= 0)],
        };
    }

    /// <summary>The certificate in a sentence.</summary>
    /// <param name="scores">The scores that the choice was made of.</param>
    public string Certificate(IReadOnlyList<CandidateScore> scores)
    {
        var some = MaxDamage is { } limit ? string.Create(CultureInfo.InvariantCulture, $", {Eligible} with a mean KL within {limit:g4}") : "";
        var wrecked = Unranked.IsEmpty ? "" : $", {Unranked.Length} without a score that is a number";
        var next = Next < 0 ? "there is no other" : $"next is {scores[Next].Id}";
        var ties = !BestBehaviour.HasInterval ? $"no intervals ({BestBehaviour.Method}), so ties are not known"
            : Ties.Length == 1 ? "no paired max-t difference from it contains 0" : $"paired max-t differences contain 0: a tie of {Ties.Length}";
        return $"all {Scored} scored{some}{wrecked}; best is {scores[Best].Id}; {next}; {ties}; chosen is {scores[Winner].Id}";
    }
}
