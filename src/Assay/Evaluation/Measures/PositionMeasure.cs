using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M2: divergence by position within the answer, and how the first token stands to the late ones.</summary>
public sealed class PositionMeasure : IMeasure
{
    /// <summary>From this token on a position is late.</summary>
    public const int LateFrom = 16;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M2", "Divergence by position",
        "mean over the tokens of bins {1}, {2–3}, {4–7}, …; late over first: ln of the mean over tokens k ≥ 16 over the mean first token, of answers with at " +
            "least 16 tokens, each raised to the " +
        "floor's; first-token share: Σ first tokens / Σ all", "protocol.md M2", "nats/token",
        "What happens behind the last token that was generated.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        var ladder = Ladder(design).SelectMany(rung => design.Panels.Select(p =>
            new SetNeed(VetDesign.BaseAnswers(p).Under(rung), ScoreColumns.Kl, Items: design.YardstickItems)));
        return AnswerDivergence.NeedsOf(design).And(FloorLevel.NeedsOf(design, AnswerDivergence.NeedsOf(design))).And(new Needs([.. ladder]));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return AnswerDivergence.Of(input.Design).SelectMany(d => Of(input, d.Set, d.Column, d.Id));
    }

    /// <summary>Mean divergence of the tokens of bins {1}, {2–3}, {4–7}, … as far as any token reaches.</summary>
    /// <param name="values">For each answer, or document, the values of its tokens in order.</param>
    internal static List<(int From, int To, int Tokens, double Mean)> Curve(double[][] values)
    {
        var longest = values.Length == 0 ? 0 : values.Max(v => v.Length);
        var curve = new List<(int, int, int, double)>();
        for (long from = 1; from <= longest; from *= 2)
        {
            var inBin = values.SelectMany(v => v.Skip((int)from - 1).Take((int)from)).ToArray();
            curve.Add(((int)from, (int)Math.Min(2 * from - 1, int.MaxValue), inBin.Length, FixedOrderSum.Mean(inBin)));
        }

        return curve;
    }

    /// <summary>Mean late and mean first divergence over the answers that have late tokens; null without such answers.</summary>
    internal static (double Late, double First, int Answers)? LateAndFirst(double[][] values)
    {
        var reaching = values.Where(v => v.Length >= LateFrom).ToArray();
        if (reaching.Length == 0) return null;
        return (FixedOrderSum.Mean(reaching.SelectMany(v => v.Skip(LateFrom - 1)).ToArray()), FixedOrderSum.Mean(reaching.Select(v => v[0]).ToArray()), reaching.Length);
    }

    /// <summary>What the answers of an item that reach late positions give to a mean over tokens.</summary>
    private static Cluster Reaching(double[][] answers, Func<double[], double> total, Func<double[], double> weight)
    {
        var reaching = answers.Where(a => a.Length >= LateFrom).ToArray();
        return new Cluster("", FixedOrderSum.Of([.. reaching.Select(total)]), reaching.Sum(weight));
    }

    private static IEnumerable<string> Ladder(VetDesign design) =>
        design.Yardsticks.Where(y => y.StartsWith(YardstickMeasure.Rounded, StringComparison.Ordinal));

    /// <summary>The largest late over first ratio of the rounding ladder; null without rungs, or without late tokens.</summary>
    private static double? LadderRatio(MeasureInput input, ContextSet set, ScoreColumns column)
    {
        if (set.Policy != Policy.Base || FloorLevel.Scores(input, set) is not { } floor
            || LateAndFirst([.. floor.ByContext(column).SelectMany(item => item)]) is not { } least) return null;
        double? largest = null;
        foreach (var rung in Ladder(input.Design))
        {
            if (!input.Scores.Has(set.Under(rung), column)) continue;
            if (LateAndFirst([.. input.Scores.Scores(set.Under(rung)).ByContext(column).SelectMany(item => item)]) is not { } of) continue;
            var ratio = Math.Log(Math.Max(of.Late, least.Late) / Math.Max(of.First, least.First));
            if (double.IsFinite(ratio)) largest = Math.Max(largest ?? ratio, ratio);
        }

        return largest;
    }

    private static IEnumerable<Measurement> Of(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        var panel = ItemPanel.Of(scores, column);
        // A position is one within an answer; an item has as many answers as templates.
        var items = panel.Items.Zip(panel.Values, (item, values) => item.Cut(values).Where(answer => answer.Length > 0).ToArray()).ToArray();
        double[][] answers = [.. items.SelectMany(item => item)];
        var first = answers.Select(a => a[0]).ToArray();
        var firsts = panel.Clusters([.. items.Select(item => FixedOrderSum.Mean([.. item.Select(a => a[0])]))]);
        yield return SetWords.Estimated($"{id}.first_token", panel.Bounded(input.Statistics.Mean(firsts)), "nats", set, ", first token only");
        var total = FixedOrderSum.Of(answers.SelectMany(v => v).ToArray());
        yield return SetWords.Described($"{id}.first_token_share", total == 0 ? 0 : FixedOrderSum.Of(first) / total, panel.Items.Count, "share", set,
            ", first tokens' share of the sum");
        var late = LateAndFirst(answers);
        yield return SetWords.Described($"{id}.late_over_first_unfloored", late is { } l ? l.Late == l.First ? 0 : Math.Log(l.Late / l.First) : double.NaN,
            late?.Answers ?? 0,
            "ln ratio", set, ", tokens from 16 on over first tokens, not raised to a floor");
        if (FloorLevel.Scores(input, set) is { } floor && late is not null && LateAndFirst([.. floor.ByContext(column).SelectMany(item => item)]) is { } least)
        {
            Cluster[] above = [.. items.Select(item => Reaching(item, a => FixedOrderSum.Of(a.AsSpan(LateFrom - 1)), a => a.Length - LateFrom + 1))];
            Cluster[] below = [.. items.Select(item => Reaching(item, a => a[0], _ => 1))];
            yield return new Measurement($"{id}.late_over_first", FloorLevel.LogRatio(input.Statistics, above, below, least.Late, least.First), "ln ratio",
                new Where(set, SetWords.Words(set) + ", tokens from 16 on over first tokens, each raised to the floor's"));
        }

        if (LadderRatio(input, set, column) is { } ladder)
            yield return SetWords.Described($"{id}.late_over_first_ladder", ladder, input.Design.YardstickItems, "ln ratio", set,
                ", tokens from 16 on over first tokens: the largest of the rounding ladder, each raised to the floor's");
        foreach (var bin in Curve(answers))
            yield return SetWords.Described($"{id}.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", set, $", positions {bin.From} to {bin.To}");
    }
}
