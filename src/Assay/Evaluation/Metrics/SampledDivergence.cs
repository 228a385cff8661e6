using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>How well a judge who knows both models tells their answers apart from the first n tokens.</summary>
/// <param name="Prefix">n.</param>
/// <param name="Auc">Area under the curve of the log-likelihood ratio, pooled over prompts.</param>
/// <param name="WithinPrompt">P[ratio of the base's answer &gt; ratio of the candidate's] on the same prompt; ties count ½.</param>
public readonly record struct JudgeCeiling(int Prefix, double Auc, double WithinPrompt);

/// <summary>Divergence of whole answers sampled at T = 1, exact by the chain rule. Nats.</summary>
/// <param name="Forward">Mean over answers of the base of Σ KL(p‖q).</param>
/// <param name="Reverse">Mean over answers of the candidate of Σ KL(q‖p).</param>
/// <param name="RateForward">The first, a token.</param>
/// <param name="RateReverse">The second, a token.</param>
/// <param name="PolicyGap">ln(RateReverse / RateForward), not raised to a floor; 0 where they are equal.</param>
/// <param name="PlausibilityGap">Mean of log P a token of the candidate's answer less that of the base's.</param>
/// <param name="Judges">Prefixes of 16, 64, 256 tokens.</param>
/// <remarks>protocol.md, M3 and M10.</remarks>
public sealed record SampledDivergence(double Forward, double Reverse, double RateForward, double RateReverse, double PolicyGap, double PlausibilityGap,
    IReadOnlyList<JudgeCeiling> Judges)
{
    private static readonly int[] Prefixes = [16, 64, 256];

    /// <summary>Compares samples of the base with samples of the candidate.</summary>
    /// <param name="fromBase">Scores on answers that the base sampled.</param>
    /// <param name="fromCandidate">Scores on answers that the candidate sampled: same prompts, same order.</param>
    /// <exception cref="ArgumentException">The prompts differ.</exception>
    public static SampledDivergence Compute(IReadOnlyList<ItemScores> fromBase, IReadOnlyList<ItemScores> fromCandidate)
    {
        if (!fromBase.Select(i => i.Id).SequenceEqual(fromCandidate.Select(i => i.Id)))
            throw new ArgumentException("Both lists hold the same items in the same order.", nameof(fromCandidate));
        var (forward, rateForward) = Totals(fromBase, t => t.Kl);
        var (reverse, rateReverse) = Totals(fromCandidate, t => t.ReverseKl);
        var gap = FixedOrderSum.Mean(fromBase.Zip(fromCandidate, (p, q) => MeanLogP(q) - MeanLogP(p)).ToArray());
        return new SampledDivergence(forward, reverse, rateForward, rateReverse, rateForward == rateReverse ? 0 : Math.Log(rateReverse / rateForward), gap,
            [.. Prefixes.Select(n => Judge(n, Ratios(fromBase, n), Ratios(fromCandidate, n)))]);
    }

    private static (double Mean, double Rate) Totals(IReadOnlyList<ItemScores> items, Func<TokenScore, double> of)
    {
        var sums = items.Select(i => FixedOrderSum.Of(i.Tokens.Select(of).ToArray())).ToArray();
        return (FixedOrderSum.Mean(sums), FixedOrderSum.Of(sums) / items.Sum(i => (long)i.Tokens.Count));
    }

    private static double MeanLogP(ItemScores item) => FixedOrderSum.Mean(item.Tokens.Select(t => t.LogP).ToArray());

    private static double[] Ratios(IReadOnlyList<ItemScores> items, int prefix) =>
        [.. items.Select(i => FixedOrderSum.Of(i.Tokens.Take(prefix).Select(t => t.LogP - t.LogQ).ToArray()))];

    private static JudgeCeiling Judge(int prefix, double[] a, double[] b)
    {
        var auc = a.Sum(x => b.Sum(y => Wins(x, y))) / a.Length / b.Length;
        return new JudgeCeiling(prefix, auc, a.Zip(b, Wins).Sum() / a.Length);

        static double Wins(double x, double y) => x > y ? 1 : x == y ? .5 : 0;
    }
}
