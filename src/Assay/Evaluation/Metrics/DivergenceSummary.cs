using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>Tokens of consecutive positions.</summary>
/// <param name="From">First position, from 1.</param>
/// <param name="To">Last position.</param>
/// <param name="Tokens">How many tokens.</param>
/// <param name="Mean">Their mean divergence in nats.</param>
public readonly record struct PositionBin(int From, int To, int Tokens, double Mean);

/// <summary>A quantile over tokens.</summary>
/// <param name="Probability">Which one.</param>
/// <param name="Value">Nats, with its interval; the maximum has none.</param>
public readonly record struct TokenQuantile(double Probability, Estimate Value);

/// <summary>What the divergences of one panel under one policy add up to. Nats.</summary>
/// <remarks>protocol.md, M1, M2 and M4. Infinite divergences are data: they make a mean infinite, and the finite mean stands beside it.</remarks>
public sealed record DivergenceSummary
{
    /// <summary>Share of the sum of item means above which one item dominates.</summary>
    public const double DominanceShare = .25;

    /// <summary>Item coefficient of variation above which an interval of the mean is stamped.</summary>
    public const double HeavyTailVariation = 3;

    /// <summary>Which divergence.</summary>
    public required DivergenceKind Kind { get; init; }

    /// <summary>Items that have tokens.</summary>
    public required int Items { get; init; }

    /// <summary>Scored tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>The headline: mean over items of their mean over tokens, strata weighted equally.</summary>
    public required Estimate Headline { get; init; }

    /// <summary>The headline over finite positions alone; equal to it where all are finite.</summary>
    public required Estimate FiniteHeadline { get; init; }

    /// <summary>Positions whose divergence is infinite.</summary>
    public required long InfinitePositions { get; init; }

    /// <summary>Mean over items, each counting once whatever its stratum.</summary>
    public required double ItemMean { get; init; }

    /// <summary>Mean over all tokens.</summary>
    public required Estimate TokenPooled { get; init; }

    /// <summary>Each item's mean over its tokens, in the order given.</summary>
    public required IReadOnlyList<double> ItemMeans { get; init; }

    /// <summary>Mean divergence by position: bins {1}, {2–3}, {4–7}, … as far as any token reaches.</summary>
    public required IReadOnlyList<PositionBin> Curve { get; init; }

    /// <summary>Mean over items of the first token's divergence, the figure usually quoted; strata weighted equally.</summary>
    public required Estimate FirstToken { get; init; }

    /// <summary>The first tokens' share of all divergence; 0 where there is none.</summary>
    public required double FirstTokenShare { get; init; }

    /// <summary>ln(mean from token 16 on / mean first token), not raised to a floor, over items of at least 16 tokens;
    /// null without such items, 0 where both are 0.</summary>
    public required double? LateOverFirstLogUnfloored { get; init; }

    /// <summary>Items of at least 16 tokens.</summary>
    public required int ItemsOf16 { get; init; }

    /// <summary>Quantiles over tokens, type 7: .5, .9, .95, .99, .999, 1.</summary>
    public required IReadOnlyList<TokenQuantile> Quantiles { get; init; }

    /// <summary>Mean of the worst 1 % of tokens.</summary>
    public required Estimate Cvar99Tokens { get; init; }

    /// <summary>Mean of the worst 10 % of items.</summary>
    public required Estimate Cvar90Items { get; init; }

    /// <summary>Item mean without 5 % of the items at each end.</summary>
    public required Estimate TrimmedMean { get; init; }

    /// <summary>Geometric mean of the item means, strata weighted equally: the interval to read where tails are heavy. 0 where an item is exactly 0.</summary>
    public required Estimate LogMean { get; init; }

    /// <summary>The item with the largest mean; null without items.</summary>
    public required string? WorstItem { get; init; }

    /// <summary>Its share of the sum of item means; 0 where all are 0.</summary>
    public required double WorstItemShare { get; init; }

    /// <summary>Smallest headline with one item left out.</summary>
    public required double LeaveOneOutLow { get; init; }

    /// <summary>Largest headline with one item left out.</summary>
    public required double LeaveOneOutHigh { get; init; }

    /// <summary>One item carries more than a quarter: no ranking may be printed.</summary>
    public bool Dominated => WorstItemShare > DominanceShare;

    /// <summary>Standard deviation of item means over their mean; NaN where undefined.</summary>
    public required double ItemVariation { get; init; }

    /// <summary>The headline's interval covers less than it says; read <see cref="LogMean"/>.</summary>
    public bool HeavyTail => Dominated || ItemVariation > HeavyTailVariation;

    /// <summary>Summarises a panel.</summary>
    /// <param name="items">Items of one panel under one policy; panels are never mixed.</param>
    /// <param name="kind">Which divergence.</param>
    /// <param name="seed">Chooses the resamples.</param>
    public static DivergenceSummary Compute(IReadOnlyList<ItemScores> items, DivergenceKind kind, ulong seed)
    {
        var kept = items.Where(i => i.Tokens.Count > 0).ToArray();
        var strata = kept.Select(i => i.Stratum).ToArray();
        var values = kept.Select(i => i.Tokens.Select(t => Of(t, kind)).ToArray()).ToArray();
        var means = values.Select(v => FixedOrderSum.Mean(v)).ToArray();
        var flat = values.SelectMany(v => v).ToArray();
        var infinite = flat.LongCount(double.IsInfinity);
        var total = FixedOrderSum.Of(flat);
        var first = values.Select(v => v[0]).ToArray();
        var sum = FixedOrderSum.Of(means);
        var worst = means.Length == 0 ? -1 : Array.IndexOf(means, means.Max());
        // Shares of an infinite sum: each infinite item carries an equal part of it.
        var share = worst < 0 || sum == 0 ? 0 : double.IsInfinity(sum) ? 1.0 / means.Count(double.IsInfinity) : means[worst] / sum;
        var variation = FixedOrderSum.StandardDeviation(means) / FixedOrderSum.Mean(means);
        var tail = TailStatistics.Compute(values, means, strata, seed);
        var headline = Mean(Clusters(strata, means));
        var finite = values.Select((v, i) => (Stratum: strata[i], Values: v.Where(double.IsFinite).ToArray())).Where(v => v.Values.Length > 0).ToArray();
        var finiteHeadline = infinite == 0 ? headline : Mean([.. finite.Select(v => new Cluster(v.Stratum, FixedOrderSum.Mean(v.Values)))]);
        var leftOut = LeaveOneOut(strata, means);
        var summary = new DivergenceSummary
        {
            Kind = kind,
            Items = kept.Length,
            Tokens = flat.Length,
            Headline = headline,
            FiniteHeadline = finiteHeadline,
            InfinitePositions = infinite,
            ItemMean = FixedOrderSum.Mean(means),
            TokenPooled = Mean([.. values.Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))]),
            ItemMeans = means,
            Curve = PositionCurve(values),
            FirstToken = Mean(Clusters(strata, first)),
            FirstTokenShare = total == 0 || flat.Length == 0 ? 0 : FixedOrderSum.Of(first) / total,
            LateOverFirstLogUnfloored = LateOverFirst(values),
            ItemsOf16 = values.Count(v => v.Length >= 16),
            Quantiles = tail.Quantiles,
            Cvar99Tokens = tail.Tokens,
            Cvar90Items = tail.Items,
            TrimmedMean = tail.Trimmed,
            LogMean = GeometricMean(strata, means, seed),
            WorstItem = worst < 0 ? null : kept[worst].Id,
            WorstItemShare = share,
            LeaveOneOutLow = leftOut.Low,
            LeaveOneOutHigh = leftOut.High,
            ItemVariation = variation,
        };
        return summary.HeavyTail ? summary with { Headline = Stamp(headline), FiniteHeadline = Stamp(finiteHeadline) } : summary;

        // No divergence is below 0, and the Jensen–Shannon divergence is at most ln 2.
        Estimate Mean(Cluster[] clusters) => ClusterBootstrap.Mean(clusters, seed)
            .Within(0, kind == DivergenceKind.Jsd ? Math.Log(2) : double.PositiveInfinity);
        static Estimate Stamp(Estimate e) => e.HasInterval ? e with { Method = e.Method + ", HEAVY-TAIL" } : e;
    }

    private static double Of(TokenScore token, DivergenceKind kind) => kind switch
    {
        DivergenceKind.Kl => token.Kl,
        DivergenceKind.ReverseKl => token.ReverseKl,
        _ => token.Jsd,
    };

    private static Cluster[] Clusters(string[] strata, double[] values) => [.. values.Select((v, i) => new Cluster(strata[i], v))];

    private static List<PositionBin> PositionCurve(double[][] values)
    {
        var longest = values.Length == 0 ? 0 : values.Max(v => v.Length);
        var curve = new List<PositionBin>();
        for (long from = 1; from <= longest; from *= 2)
        {
            var inBin = values.SelectMany(v => v.Skip((int)from - 1).Take((int)from)).ToArray();
            curve.Add(new PositionBin((int)from, (int)Math.Min(2 * from - 1, int.MaxValue), inBin.Length, FixedOrderSum.Mean(inBin)));
        }
        return curve;
    }

    private static double? LateOverFirst(double[][] values)
    {
        var reaching = values.Where(v => v.Length >= 16).ToArray();
        if (reaching.Length == 0) return null;
        var late = FixedOrderSum.Mean(reaching.SelectMany(v => v.Skip(15)).ToArray());
        var first = FixedOrderSum.Mean(reaching.Select(v => v[0]).ToArray());
        return late == first ? 0 : Math.Log(late / first);
    }

    private static Estimate GeometricMean(string[] strata, double[] means, ulong seed)
    {
        // Rounding can leave a divergence of an identical pair a hair below 0, where no logarithm is.
        if (means.Any(m => !(m > 0)))
            return new Estimate(0, double.NaN, double.NaN, .95, means.Length, means.Length == 0 ? "no data" : "an item's mean is not above 0");
        var log = ClusterBootstrap.Mean(Clusters(strata, [.. means.Select(m => Math.Log(m))]), seed);
        return log with { Value = Math.Exp(log.Value), Low = Math.Exp(log.Low), High = Math.Exp(log.High) };
    }

    private static (double Low, double High) LeaveOneOut(string[] strata, double[] means)
    {
        if (means.Length < 2) return (double.NaN, double.NaN);
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (var left = 0; left < means.Length; left++)
        {
            var rest = Enumerable.Range(0, means.Length).Where(i => i != left).GroupBy(i => strata[i], i => means[i]);
            var headline = FixedOrderSum.Mean(rest.Select(g => FixedOrderSum.Mean(g.ToArray())).ToArray());
            (low, high) = (Math.Min(low, headline), Math.Max(high, headline));
        }
        return (low, high);
    }
}
