using Assay.Evaluation.Metrics;

namespace Assay.Evaluation.Vetting;

/// <summary>What a comparison's samples come to. Panels are never pooled.</summary>
/// <param name="Panels">Benign, then trigger.</param>
/// <param name="Prose">Perplexities by domain.</param>
/// <param name="ProseKl">KL(base‖candidate) at every position of reference text (policy R0): by domain, then over all with domains weighted equally.</param>
/// <param name="AllProse">Perplexity over all documents; null without any.</param>
/// <param name="Health">Whether the candidate's logits say anything at all.</param>
/// <param name="Agreement">How far the two agree over everything that was scored.</param>
public sealed record VetMeasures(IReadOnlyList<PanelMeasures> Panels, ProseSummary Prose, IReadOnlyList<(string Domain, DivergenceSummary Kl)> ProseKl,
    ProseDomain? AllProse,
    ModelHealth Health, Agreement Agreement)
{
    /// <summary>Summarises samples.</summary>
    /// <param name="plan">Gives the seed of the resamples and the order of domains.</param>
    /// <param name="samples">What was measured.</param>
    public static VetMeasures Compute(VetPlan plan, VetSamples samples)
    {
        var panels = new[] { "benign", "trigger" }.Select(panel => PanelMeasures.Compute(panel, [.. samples.Panel(panel)], plan.Seed)).OfType<PanelMeasures>().ToList();
        var documents = samples.Documents.Where(d => d.Scores.Length > 0).ToList();
        var sums = documents.Select(d => DocumentLikelihood.FromLogs(d.Id, d.Domain, d.Bytes, [.. d.Scores.Select(s => s.LogP)], [.. d.Scores.Select(s => s.LogQ)])).ToList();
        var kl = documents.GroupBy(d => d.Domain).Append(null).Where(_ => documents.Count > 0).Select(g => (Domain: g?.Key ?? "all",
            DivergenceSummary.Compute([.. (g ?? documents.AsEnumerable()).Select(d => new ItemScores(d.Id, d.Domain, d.Scores))], DivergenceKind.Kl, plan.Seed))).ToList();
        var all = ProseSummary.Compute([.. sums.Select(s => s with { Domain = "all" })], plan.Seed).Domains;
        return new VetMeasures(panels, ProseSummary.Compute(sums, plan.Seed), kl, all.Count > 0 ? all[0] : null,
            ModelHealth.Of(samples, candidate: true), Agreement.Of(samples));
    }
}
