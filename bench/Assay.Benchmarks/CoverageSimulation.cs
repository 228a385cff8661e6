using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Benchmarks;

/// <summary>Made items whose true mean is known, and how often intervals hold it.</summary>
/// <remarks>Item i of stratum s has the mean scale_s exp(σ z_i − σ²/2), z normal. It has 1 to 64 tokens, every number equally likely: the item's mean times
/// exp(τ a_k − τ²/2), where a is a stationary AR(1) sequence of unit variance with correlation ρ between neighbours. The true mean over items, and over
/// tokens, is 1 for every σ.</remarks>
internal static class CoverageSimulation
{
    /// <summary>τ: spread of a token's logarithm within its item.</summary>
    public const double TokenSpread = .7;

    /// <summary>ρ: correlation of neighbouring tokens, on the scale of logarithms.</summary>
    public const double Neighbours = .8;

    /// <summary>Largest number of tokens of an item.</summary>
    public const int LongestItem = 64;

    /// <summary>Resamples of each bootstrap.</summary>
    public const int Resamples = 999;

    /// <summary>Strata of equal size differ in their mean.</summary>
    public static readonly double[] Scales = [.75, 1, 1, 1.25];

    /// <summary>What averaging tokens adds to items, found from many of mean 1: the mean of the logarithms of their token means, and the mean square of
    /// these.</summary>
    /// <param name="items">How many items.</param>
    /// <param name="seed">Chooses them.</param>
    public static (double Log, double Square) TokenMeans(int items, ulong seed)
    {
        var (logs, squares) = (new double[items], new double[items]);
        Parallel.For(0, items, i =>
        {
            var random = new NormalRandom(seed, ulong.MaxValue - (ulong)i);
            var mean = FixedOrderSum.Mean(Tokens(ref random, 1));
            (logs[i], squares[i]) = (Math.Log(mean), mean * mean);
        });
        return (FixedOrderSum.Mean(logs), FixedOrderSum.Mean(squares));
    }

    /// <summary>Draws items many times and counts how often each interval holds the true mean.</summary>
    /// <param name="sigma">σ: spread of the logarithms of item means.</param>
    /// <param name="items">G: how many items, a multiple of the strata.</param>
    /// <param name="replications">How often.</param>
    /// <param name="seed">Chooses items and resamples.</param>
    /// <param name="tokenMeans">What <see cref="TokenMeans"/> found.</param>
    public static CoverageResult Run(double sigma, int items, int replications, ulong seed, (double Log, double Square) tokenMeans)
    {
        string[] strata = [.. Enumerable.Range(0, items).Select(i => $"{i % Scales.Length}")];
        var trueLog = FixedOrderSum.Mean([.. Scales.Select(s => Math.Log(s))]) - sigma * sigma / 2 + tokenMeans.Log;
        var trueVariation = Math.Sqrt(FixedOrderSum.Mean([.. Scales.Select(s => s * s)]) * Math.Exp(sigma * sigma) * tokenMeans.Square - 1);
        var runs = new Outcome[replications];
        Parallel.For(0, replications, run =>
        {
            var random = new NormalRandom(seed, (ulong)run);
            var tokens = new double[items][];
            for (var i = 0; i < items; i++)
                tokens[i] = Tokens(ref random, Scales[i % Scales.Length] * Math.Exp(sigma * random.Next() - sigma * sigma / 2));
            var means = tokens.Select(t => FixedOrderSum.Mean(t)).ToArray();
            var all = tokens.SelectMany(t => t).ToArray();
            // A seed of its own, so that resamples have nothing in common with the items, nor with those of other runs.
            var statistician = new Statistician(new BootstrapRandom(~seed, (ulong)run).Next()) { Replicates = Resamples };
            var headline = statistician.Mean([.. means.Select((m, i) => new Cluster(strata[i], m))]);
            var log = statistician.Mean([.. means.Select((m, i) => new Cluster(strata[i], Math.Log(m)))]);
            var pooled = statistician.Mean([.. tokens.Select((t, i) => new Cluster(strata[i], FixedOrderSum.Of(t), t.Length))]);
            var (mean, error) = (FixedOrderSum.Mean(all), FixedOrderSum.StandardDeviation(all) / Math.Sqrt(all.Length));
            var half = NormalDistribution.Quantile(.975) * error;
            var variation = FixedOrderSum.StandardDeviation(means) / FixedOrderSum.Mean(means);
            var iid = new Estimate(mean, mean - half, mean + half, .95, all.Length, "token-iid");
            var stamped = variation > 3 || means.Max() > .25 * FixedOrderSum.Of(means);
            runs[run] = new Outcome(Side(headline, 1), Side(log, trueLog), Side(pooled, 1), Side(iid, 1), headline.High - headline.Low, stamped);
        });
        double Share(Func<Outcome, bool> what) => runs.Count(what) / (double)replications;
        double Among(bool stamped) => Share(r => r.Stamped == stamped && r.Headline == 0) / Share(r => r.Stamped == stamped);
        return new CoverageResult(sigma, items, Share(r => r.Headline == 0), Share(r => r.Headline < 0), Share(r => r.Headline > 0), Share(r => r.Log == 0),
            Share(r => r.Pooled == 0), Share(r => r.TokenIid == 0), OrderStatistics.Quantile([.. runs.Select(r => r.Width).Order()], .5), trueVariation,
            Share(r => r.Stamped), Among(stamped: true), Among(stamped: false));
    }

    /// <summary>−1 where the whole interval lies below the truth, 1 where it lies above, 0 where it holds it.</summary>
    private static int Side(Estimate interval, double truth) => interval.High < truth ? -1 : interval.Low > truth ? 1 : 0;

    private static double[] Tokens(ref NormalRandom random, double mean)
    {
        var tokens = new double[1 + random.Index(LongestItem)];
        var a = random.Next();
        for (var k = 0; k < tokens.Length; k++)
        {
            tokens[k] = mean * Math.Exp(TokenSpread * a - TokenSpread * TokenSpread / 2);
            a = Neighbours * a + Math.Sqrt(1 - Neighbours * Neighbours) * random.Next();
        }

        return tokens;
    }

    private readonly record struct Outcome(int Headline, int Log, int Pooled, int TokenIid, double Width, bool Stamped);

    /// <summary>Normal numbers by Box and Muller's transformation.</summary>
    private struct NormalRandom(ulong seed, ulong stream)
    {
        // 2⁻⁵³.
        private const double Unit = 1.0 / (1L << 53);

        private BootstrapRandom _random = new(seed, stream);

        public int Index(int n) => _random.Index(n);

        public double Next()
        {
            var (radius, angle) = (((_random.Next() >> 11) + 1) * Unit, (_random.Next() >> 11) * Unit);
            return Math.Sqrt(-2 * Math.Log(radius)) * Math.Cos(2 * Math.PI * angle);
        }
    }
}
