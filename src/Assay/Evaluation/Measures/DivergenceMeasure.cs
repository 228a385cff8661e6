using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M1: how far the two distributions are apart, at every scored token.</summary>
public sealed class DivergenceMeasure : IMeasure
{
    private const ScoreColumns OfBase = ScoreColumns.Kl | ScoreColumns.ReverseKl | ScoreColumns.Jsd;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M1", "Divergence of the next-token distributions",
        "KLD = Σ p (log p − log q), reverse Σ q (log q − log p), JSD; the headline is the mean over items of each item's mean over its tokens, strata weighted equally",
        "protocol.md M1; Kullback and Leibler 1951; Lin 1991 (JSD)", "nats/token",
        "Whether the answers got worse: a divergence is not a damage.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), OfBase)
            .And(Needs.Of(design.Panels.Select(p => VetDesign.CandidateAnswers(p)), ScoreColumns.ReverseKl))
            .And(Needs.Of(design.Windows.Take(1).Select(VetDesign.Prose), ScoreColumns.Kl));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            foreach (var m in Whole(input, VetDesign.BaseAnswers(panel), ScoreColumns.Kl, $"kld.{panel}")) yield return m;
            foreach (var m in Short(input, VetDesign.BaseAnswers(panel), ScoreColumns.ReverseKl, $"reverse_kld.{panel}")) yield return m;
            foreach (var m in Short(input, VetDesign.BaseAnswers(panel), ScoreColumns.Jsd, $"jsd.{panel}")) yield return m;
            foreach (var m in Whole(input, VetDesign.CandidateAnswers(panel), ScoreColumns.ReverseKl, $"reverse_kld.{panel}.r2")) yield return m;
        }

        foreach (var m in Prose(input)) yield return m;
    }

    private static IEnumerable<Measurement> Whole(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        var panel = ItemPanel.Of(scores, column);
        yield return SetWords.Estimated($"{id}.mean", panel.Headline(input.Statistics), "nats/token", set);
        yield return SetWords.Estimated($"{id}.token_pooled", panel.TokenPooled(input.Statistics), "nats/token", set);
        yield return SetWords.Estimated($"{id}.log_mean", panel.LogMean(input.Statistics), "nats/token", set, ", geometric mean of item means");
        yield return SetWords.Described($"{id}.infinite_positions", panel.Infinite, panel.Tokens, "tokens", set,
            column == ScoreColumns.Kl ? ", the candidate gives probability 0 to what the base can say" : ", the base gives probability 0 to what the candidate can say");
        if (panel.Infinite > 0) yield return SetWords.Estimated($"{id}.finite_mean", panel.FiniteHeadline(input.Statistics), "nats/token", set, ", finite positions alone");
    }

    private static IEnumerable<Measurement> Short(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        yield return SetWords.Estimated($"{id}.mean", ItemPanel.Of(scores, column).Headline(input.Statistics), "nats/token", set);
    }

    private static IEnumerable<Measurement> Prose(MeasureInput input)
    {
        if (input.Design.Windows.Length == 0) yield break;
        var set = VetDesign.Prose(input.Design.Windows[0]);
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        var all = ItemPanel.Of(scores, ScoreColumns.Kl);
        foreach (var (domain, panel) in all.ByStratum().Append(("all", all)))
        {
            var where = domain == "all" ? ", all domains, weighted equally" : $", {domain}";
            yield return SetWords.Estimated($"kld.prose.{domain}.mean", panel.Headline(input.Statistics), "nats/token", set, where);
            yield return SetWords.Estimated($"kld.prose.{domain}.token_pooled", panel.TokenPooled(input.Statistics), "nats/token", set, where);
            foreach (var bin in PositionMeasure.Curve(panel.Values))
                yield return SetWords.Described($"kld.prose.{domain}.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", set,
                    $"{where}, scored tokens {bin.From} to {bin.To} of a document");
        }
    }
}
