using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M3: divergence of whole answers sampled at T = 1, exact by the chain rule, and how well an ideal judge tells the two models apart.</summary>
public sealed class SequenceMeasure : IMeasure
{
    // Nats of evidence at which a sequential test with both errors at .05 stops, on average: (1 − 2 · .05) ln(.95 / .05).
    private static readonly double s_evidence = .9 * Math.Log(19);
    private static readonly int[] s_prefixes = [16, 64, 256];

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M3", "Divergence of sampled answers",
        "D_fwd = E over the base's samples of Σ KLD, D_rev = E over the candidate's of Σ reverse KLD; rates ΣΣ / Σ lengths; policy gap ln(rate_rev / " +
            "rate_fwd), each raised to the floor's; tokens until an ideal " +
        "observer tells them apart 2.65 / rate; AUC of the log-likelihood ratio of prefixes, pooled over prompts, and within prompts", "protocol.md M3; Wald 1945 (SPRT)",
        "nats; nats/token", "Which of the two models' samples are better.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (design.Samples == 0) return Needs.None;
        const ScoreColumns likelihoods = ScoreColumns.LogP | ScoreColumns.LogQ;
        Needs Sampled(ScoreColumns more) => Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p, 1)), ScoreColumns.Kl | more)
            .And(Needs.Of(design.Panels.Select(p => VetDesign.CandidateAnswers(p, 1)), ScoreColumns.ReverseKl | more));
        return Sampled(likelihoods).And(FloorLevel.NeedsOf(design, Sampled(ScoreColumns.None)));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            var (fromBase, fromCandidate) = (VetDesign.BaseAnswers(panel, 1), VetDesign.CandidateAnswers(panel, 1));
            var (p, q) = (input.Scores.Scores(fromBase), input.Scores.Scores(fromCandidate));
            if (p.Items.Count == 0 || !p.Items.Select(i => i.Item).SequenceEqual(q.Items.Select(i => i.Item), StringComparer.Ordinal)) continue;
            Cluster[] forward = Totals(p, ScoreColumns.Kl), reverse = Totals(q, ScoreColumns.ReverseKl);
            yield return SetWords.Estimated($"sampled.{panel}.d_forward", input.Statistics.Mean(PerAnswer(p, forward)).Within(0), "nats", fromBase, ", Σ KLD of an answer");
            yield return SetWords.Estimated($"sampled.{panel}.d_reverse", input.Statistics.Mean(PerAnswer(q, reverse)).Within(0), "nats", fromCandidate, ", Σ reverse KLD of an answer");
            var (rateForward, rateReverse) = (input.Statistics.Mean(forward).Within(0), input.Statistics.Mean(reverse).Within(0));
            yield return SetWords.Estimated($"sampled.{panel}.rate_forward", rateForward, "nats/token", fromBase);
            yield return SetWords.Estimated($"sampled.{panel}.rate_reverse", rateReverse, "nats/token", fromCandidate);
            yield return SetWords.Estimated($"sampled.{panel}.policy_gap_unfloored", input.Statistics.LogRatio(reverse, forward), "ln ratio", fromBase,
                " against the candidate's: rate of the reverse over rate of the forward divergence, not raised to a floor");
            if (FloorLevel.Scores(input, fromBase) is { } floorForward && FloorLevel.Scores(input, fromCandidate) is { } floorReverse)
            {
                var gap = FloorLevel.LogRatio(input.Statistics, reverse, forward, FloorLevel.Rate(floorReverse, ScoreColumns.ReverseKl),
                    FloorLevel.Rate(floorForward, ScoreColumns.Kl));
                yield return new Measurement($"sampled.{panel}.policy_gap", gap, "ln ratio", new Where(fromBase,
                    SetWords.Words(fromBase) + " against the candidate's: rate of the reverse over that of the forward divergence, each raised to the " +
                    "floor's"));
            }

            yield return SetWords.Described($"sampled.{panel}.tokens_to_tell_base", s_evidence / rateForward.Value, p.Items.Count, "tokens", fromBase,
                ", after which an ideal observer tells the base's text from the candidate's, tokens taken as independent");
            yield return SetWords.Described($"sampled.{panel}.tokens_to_tell_candidate", s_evidence / rateReverse.Value, q.Items.Count, "tokens", fromCandidate,
                ", after which an ideal observer tells the candidate's text from the base's, tokens taken as independent");
            var (gapP, gapQ) = (Likelihood(p), Likelihood(q));
            yield return SetWords.Estimated($"sampled.{panel}.plausibility_gap",
                input.Statistics.Mean([.. gapP.Select((g, i) => new Cluster(p.Items[i].Stratum, gapQ[i] - g))]), "nats/token", fromBase,
                " against the candidate's: log p a token of the candidate's answer less that of the base's");
            double[][][] ratioP = Ratios(p), ratioQ = Ratios(q);
            foreach (var prefix in s_prefixes)
            {
                double[][] a = Prefixes(ratioP, prefix), b = Prefixes(ratioQ, prefix);
                yield return SetWords.Estimated($"sampled.{panel}.auc_{prefix}", input.Statistics.Auc(a, b, p.Strata), "share", fromBase,
                    $" against the candidate's: log-likelihood ratio of the first {prefix} tokens, pooled over prompts");
                yield return SetWords.Estimated($"sampled.{panel}.within_prompt_{prefix}",
                    input.Statistics.Mean([.. a.Zip(b, (x, y) => Wins(x, y, input.Design.PanelTemplates.Length))
                        .Select((w, i) => new Cluster(p.Items[i].Stratum, w))]).Within(0, 1), "share", fromBase,
                    $" against the candidate's: log-likelihood ratio of the first {prefix} tokens, within prompts");
            }
        }
    }

    private static Cluster[] Totals(SetScores scores, ScoreColumns column) =>
        [.. scores.Values(column).Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))];

    private static Cluster[] PerAnswer(SetScores scores, Cluster[] totals) =>
        [.. totals.Select((t, i) => new Cluster(scores.Items[i].Stratum, t.Total / scores.Items[i].Contexts.Length))];

    private static double[] Likelihood(SetScores scores) => [.. scores.Values(ScoreColumns.LogP).Select(v => FixedOrderSum.Mean(v))];

    /// <summary>log p − log q of the tokens of each answer of each item.</summary>
    private static double[][][] Ratios(SetScores scores) =>
        [.. scores.Items.Zip(scores.Values(ScoreColumns.LogP, ScoreColumns.LogQ, (p, q) => p - q), (item, values) => item.Cut(values))];

    /// <summary>Of each answer of each item the ratio of its first tokens.</summary>
    private static double[][] Prefixes(double[][][] ratios, int prefix) =>
        [.. ratios.Select(item => item.Select(answer => FixedOrderSum.Of(answer.AsSpan(0, Math.Min(prefix, answer.Length)))).ToArray())];

    /// <summary>Share of the pairs of answers to one prompt, under one template, in which the first wins.</summary>
    private static double Wins(double[] x, double[] y, int templates)
    {
        if (x.Length % templates != 0 || y.Length % templates != 0) throw new ArgumentException(
            $"{x.Length} and {y.Length} answers are not those of {templates} templates.");
        double wins = 0, pairs = 0;
        foreach (var (a, b) in x.Chunk(x.Length / templates).Zip(y.Chunk(y.Length / templates)))
        {
            foreach (var first in a)
                foreach (var second in b) wins += first > second ? 1 : first == second ? .5 : 0;
            pairs += (double)a.Length * b.Length;
        }

        return wins / pairs;
    }
}
