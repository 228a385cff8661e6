using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>Tokens for which the base's largest probability lies in [From, To).</summary>
/// <param name="From">Lower edge.</param>
/// <param name="To">Upper edge; 1 belongs to the last bin.</param>
/// <param name="Tokens">How many.</param>
/// <param name="MeanKl">Their mean KL(p‖q) in nats; NaN of none.</param>
/// <param name="Flips">Those whose arg-max differs.</param>
public readonly record struct ConfidenceBin(double From, double To, int Tokens, double MeanKl, int Flips);

/// <summary>Divergence by how sure the base was, and how often the candidate overturns it.</summary>
/// <param name="Bins">Five bins, from unsure to sure.</param>
/// <param name="ConfidentTokens">Tokens for which the base's top probability is at least .95.</param>
/// <param name="ConfidentFlips">Those of them whose arg-max differs.</param>
/// <param name="Flips">All tokens whose arg-max differs.</param>
/// <param name="ConfidentFlipRate">Share of confident tokens that flip, clustered by item.</param>
/// <remarks>protocol.md, M5.</remarks>
public sealed record ConfidenceBreakdown(IReadOnlyList<ConfidenceBin> Bins, long ConfidentTokens, long ConfidentFlips, long Flips, Estimate ConfidentFlipRate)
{
    private static readonly double[] Edges = [0, .25, .5, .75, .95, 1];

    /// <summary>Breaks a panel down.</summary>
    /// <param name="items">Items of one panel under one policy.</param>
    /// <param name="seed">Chooses the resamples.</param>
    public static ConfidenceBreakdown Compute(IReadOnlyList<ItemScores> items, ulong seed)
    {
        var bins = new List<ConfidenceBin>();
        for (var b = 0; b + 1 < Edges.Length; b++)
        {
            var (from, to, last) = (Edges[b], Edges[b + 1], b + 2 == Edges.Length);
            var inside = items.SelectMany(i => i.Tokens).Where(t => t.TopP >= from && (last || t.TopP < to)).ToArray();
            bins.Add(new ConfidenceBin(from, to, inside.Length, FixedOrderSum.Mean(inside.Select(t => t.Kl).ToArray()), inside.Count(Flipped)));
        }
        var clusters = items.Select(i => new Cluster("", i.Tokens.Count(t => Confident(t) && Flipped(t)), i.Tokens.Count(Confident))).ToArray();
        return new ConfidenceBreakdown(bins, bins[^1].Tokens, bins[^1].Flips, bins.Sum(b => (long)b.Flips), ClusterBootstrap.Mean(clusters, seed).Within(0, 1));

        static bool Confident(TokenScore t) => t.TopP >= Edges[^2];
        static bool Flipped(TokenScore t) => t.ArgmaxP != t.ArgmaxQ;
    }
}
