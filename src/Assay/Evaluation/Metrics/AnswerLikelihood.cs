using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>How likely both models find given answers, and how sure they are while reading them. Nats a token.</summary>
/// <param name="CrossEntropyP">Mean of −log p over all tokens.</param>
/// <param name="CrossEntropyQ">Mean of −log q.</param>
/// <param name="DeltaNllFrom16">Mean of log p − log q over tokens from the 16th on, clustered by item; NaN without such tokens.</param>
/// <param name="EntropyDrift">Mean entropy of q less that of p, clustered by item.</param>
/// <param name="MeanReverseKl">Mean KL(q‖p) over all tokens.</param>
/// <param name="MeanJsd">Mean Jensen–Shannon divergence over all tokens.</param>
/// <remarks>protocol.md, M1, M6 and M7.</remarks>
public sealed record AnswerLikelihood(double CrossEntropyP, double CrossEntropyQ, Estimate DeltaNllFrom16, Estimate EntropyDrift, double MeanReverseKl, double MeanJsd)
{
    /// <summary>Sums over a panel.</summary>
    /// <param name="items">Items of one panel under one policy; on the base's own answers this is the cross-entropy of M7.</param>
    /// <param name="seed">Chooses the resamples.</param>
    public static AnswerLikelihood Compute(IReadOnlyList<ItemScores> items, ulong seed)
    {
        return new AnswerLikelihood(Mean(t => -t.LogP), Mean(t => -t.LogQ), Clustered(15, t => t.LogP - t.LogQ), Clustered(0, t => t.EntropyQ - t.EntropyP),
            Mean(t => t.ReverseKl), Mean(t => t.Jsd));

        double Mean(Func<TokenScore, double> of) => FixedOrderSum.Mean(items.SelectMany(i => i.Tokens).Select(of).ToArray());
        Estimate Clustered(int skip, Func<TokenScore, double> of) => ClusterBootstrap.Mean([.. items.Select(i =>
        {
            var values = i.Tokens.Skip(skip).Select(of).ToArray();
            return new Cluster("", FixedOrderSum.Of(values), values.Length);
        })], seed);
    }
}
