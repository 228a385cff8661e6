using Assay.Evaluation.Metrics;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Vetting;

/// <summary>Probability that one panel's contexts give to ids beyond the base's vocabulary, before those were removed. Shares of 1.</summary>
/// <param name="Base">Mean over items that the base gives to ids that its tokenizer cannot name.</param>
/// <param name="Candidate">Mean over items that the candidate gives to ids that its own tokenizer cannot name.</param>
/// <param name="Delta">Candidate less base, paired, strata weighted equally: a harm.</param>
/// <param name="Added">Mean over items that the candidate gives to tokens that only its tokenizer has.</param>
/// <remarks>protocol.md, Verdicts: DEGRADED and INCOMPARABLE.</remarks>
public sealed record UnnamedTokens(double Base, double Candidate, Estimate Delta, Estimate Added)
{
    /// <summary>Sums over a panel.</summary>
    /// <param name="items">Items of one panel, each with tokens.</param>
    /// <param name="seed">Chooses the resamples.</param>
    public static UnnamedTokens Compute(IReadOnlyList<ItemScores> items, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(items);
        var (p, q, added) = (Means(t => t.PaddingP), Means(t => t.PaddingQ), Means(t => t.AddedQ));
        return new UnnamedTokens(FixedOrderSum.Mean(p), FixedOrderSum.Mean(q),
            ClusterBootstrap.Mean(Clusters([.. q.Zip(p, (after, before) => after - before)]), seed).Within(-1, 1),
            ClusterBootstrap.Mean(Clusters(added), seed).Within(0, 1));

        double[] Means(Func<TokenScore, double> of) => [.. items.Select(i => FixedOrderSum.Mean(i.Tokens.Select(of).ToArray()))];
        Cluster[] Clusters(double[] means) => [.. means.Select((m, i) => new Cluster(items[i].Stratum, m))];
    }
}
