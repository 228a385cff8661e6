using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>One divergence of every token of a set, and the means that are made of it.</summary>
/// <remarks>protocol.md, Headline and M4. Infinite divergences are data: they make a mean infinite, and the finite mean stands beside it.</remarks>
internal sealed class ItemPanel
{
    /// <summary>Share of the sum of item means above which one item dominates.</summary>
    public const double DominanceShare = .25;

    /// <summary>Item coefficient of variation above which an interval of the mean is stamped.</summary>
    public const double HeavyTailVariation = 3;

    private readonly double _most;

    private ItemPanel(IReadOnlyList<ScoredItem> items, double[][] values, double most)
    {
        (Items, Values, _most) = (items, values, most);
        Strata = [.. items.Select(i => i.Stratum)];
        Means = [.. values.Select(v => FixedOrderSum.Mean(v))];
        Infinite = values.Sum(v => v.LongCount(double.IsInfinity));
        Worst = Means.Length == 0 ? -1 : Array.IndexOf(Means, Means.Max());
        var sum = FixedOrderSum.Of(Means);
        // Shares of an infinite sum: each infinite item carries an equal part of it.
        WorstShare = Worst < 0 || sum == 0 ? 0 : double.IsInfinity(sum) ? 1.0 / Means.Count(double.IsInfinity) : Means[Worst] / sum;
        Variation = FixedOrderSum.StandardDeviation(Means) / FixedOrderSum.Mean(Means);
    }

    public IReadOnlyList<ScoredItem> Items { get; }

    /// <summary>For each item the divergences of its tokens.</summary>
    public double[][] Values { get; }

    public string[] Strata { get; }

    /// <summary>Each item's mean over its tokens.</summary>
    public double[] Means { get; }

    public long Tokens => Values.Sum(v => (long)v.Length);

    /// <summary>Positions whose divergence is infinite.</summary>
    public long Infinite { get; }

    /// <summary>Index of the item with the largest mean; −1 of none.</summary>
    public int Worst { get; }

    /// <summary>Its share of the sum of item means.</summary>
    public double WorstShare { get; }

    /// <summary>Standard deviation of item means over their mean; NaN where undefined.</summary>
    public double Variation { get; }

    /// <summary>One item carries more than a quarter: no ranking may be printed.</summary>
    public bool Dominated => WorstShare > DominanceShare;

    /// <summary>The headline's interval covers less than it says.</summary>
    public bool HeavyTail => Dominated || Variation > HeavyTailVariation;

    /// <summary>One column of a set.</summary>
    public static ItemPanel Of(SetScores scores, ScoreColumns column) =>
        new(scores.Items, scores.Values(column), column == ScoreColumns.Jsd ? Math.Log(2) : double.PositiveInfinity);

    /// <summary>One column of some items of a set.</summary>
    public static ItemPanel Of(SetScores scores, ScoreColumns column, Func<ScoredItem, bool> keep)
    {
        var kept = scores.Items.Zip(scores.Values(column)).Where(x => keep(x.First)).ToList();
        return new ItemPanel([.. kept.Select(x => x.First)], [.. kept.Select(x => x.Second)], column == ScoreColumns.Jsd ? Math.Log(2) : double.PositiveInfinity);
    }

    /// <summary>The items of each stratum by themselves.</summary>
    public IEnumerable<(string Stratum, ItemPanel Panel)> ByStratum() => Items.Zip(Values).GroupBy(x => x.First.Stratum, StringComparer.Ordinal)
        .Select(g => (g.Key, new ItemPanel([.. g.Select(x => x.First)], [.. g.Select(x => x.Second)], _most)));

    /// <summary>Mean over items of their mean over tokens, strata weighted equally.</summary>
    public Estimate Headline(Statistician statistics) => Stamp(Bounded(statistics.Mean(Clusters(Means))));

    /// <summary>The same over finite positions alone.</summary>
    public Estimate FiniteHeadline(Statistician statistics)
    {
        if (Infinite == 0) return Headline(statistics);
        var finite = Values.Select((v, i) => (Stratum: Strata[i], Values: v.Where(double.IsFinite).ToArray())).Where(v => v.Values.Length > 0);
        return Stamp(Bounded(statistics.Mean([.. finite.Select(v => new Cluster(v.Stratum, FixedOrderSum.Mean(v.Values)))])));
    }

    /// <summary>Mean over all tokens.</summary>
    public Estimate TokenPooled(Statistician statistics) =>
        Bounded(statistics.Mean([.. Values.Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))]));

    /// <summary>Geometric mean of the item means, strata weighted equally: the interval to read where tails are heavy.</summary>
    public Estimate LogMean(Statistician statistics)
    {
        // Rounding can leave a divergence of an identical pair a hair below 0, where no logarithm is.
        if (Means.Any(m => !(m > 0)))
            return new Estimate(0, double.NaN, double.NaN, .95, Means.Length, Means.Length == 0 ? "no data" : "an item's mean is not above 0");
        var log = statistics.Mean(Clusters([.. Means.Select(m => Math.Log(m))]));
        return log with { Value = Math.Exp(log.Value), Low = Math.Exp(log.Low), High = Math.Exp(log.High) };
    }

    /// <summary>One value an item, as clusters of the statistics.</summary>
    public Cluster[] Clusters(double[] values) => [.. values.Select((v, i) => new Cluster(Strata[i], v))];

    /// <summary>No divergence is below 0, and the Jensen–Shannon divergence is at most ln 2.</summary>
    public Estimate Bounded(Estimate estimate) => estimate.Within(0, _most);

    private Estimate Stamp(Estimate estimate) =>
        HeavyTail && estimate.HasInterval ? estimate with { Method = estimate.Method + ", HEAVY-TAIL" } : estimate;
}
