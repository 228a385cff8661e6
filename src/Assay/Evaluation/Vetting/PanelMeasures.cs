using Assay.Evaluation.Metrics;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Vetting;

/// <summary>One panel on the base's greedy continuations (policy R1).</summary>
/// <param name="Panel"><c>benign</c> or <c>trigger</c>.</param>
/// <param name="Kl">KL(base‖candidate).</param>
/// <param name="ReverseKl">KL(candidate‖base) on the same contexts.</param>
/// <param name="Jsd">Jensen–Shannon divergence.</param>
/// <param name="Confidence">KL by the base's confidence, and flips.</param>
/// <param name="Likelihood">Of the base's own answers under both models.</param>
/// <param name="DeltaNll">−log q less −log p of the base's answers, nats a token, paired and clustered by item.</param>
/// <param name="Unnamed">Probability on ids beyond the base's vocabulary.</param>
/// <param name="Stopped">Items whose answer the base ended by itself.</param>
public sealed record PanelMeasures(string Panel, DivergenceSummary Kl, DivergenceSummary ReverseKl, DivergenceSummary Jsd, ConfidenceBreakdown Confidence, AnswerLikelihood Likelihood,
    Estimate DeltaNll, UnnamedTokens Unnamed, int Stopped)
{
    /// <summary>Summarises a panel; null where nothing was scored in it.</summary>
    public static PanelMeasures? Compute(string panel, IReadOnlyList<VetItem> items, ulong seed)
    {
        var scores = items.Where(i => i.Scores.Length > 0).Select(i => new ItemScores(i.Id, i.Stratum, i.Scores)).ToList();
        if (scores.Count == 0) return null;
        DivergenceSummary Summary(DivergenceKind kind) => DivergenceSummary.Compute(scores, kind, seed);
        return new PanelMeasures(panel, Summary(DivergenceKind.Kl), Summary(DivergenceKind.ReverseKl), Summary(DivergenceKind.Jsd), ConfidenceBreakdown.Compute(scores, seed),
            AnswerLikelihood.Compute(scores, seed), ClusterBootstrap.Mean([.. scores.Select(i =>
                new Cluster("", i.Tokens.Sum(t => t.LogP - t.LogQ), i.Tokens.Count))], seed),
            UnnamedTokens.Compute(scores, seed), items.Count(i => i.Stopped));
    }
}
