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
        "mean over the tokens of bins {1}, {2–3}, {4–7}, …; late over first: ln of the mean over tokens k ≥ 16 over the mean first token, of items with at least 16 tokens; " +
        "first-token share: Σ first tokens / Σ all", "protocol.md M2", "nats/token",
        "What happens behind the last token that was generated.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), ScoreColumns.Kl)
            .And(Needs.Of(design.Panels.Select(p => VetDesign.CandidateAnswers(p)), ScoreColumns.ReverseKl));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            foreach (var m in Of(input, VetDesign.BaseAnswers(panel), ScoreColumns.Kl, $"kld.{panel}")) yield return m;
            foreach (var m in Of(input, VetDesign.CandidateAnswers(panel), ScoreColumns.ReverseKl, $"reverse_kld.{panel}.r2")) yield return m;
        }
    }

    /// <summary>Mean divergence of the tokens of bins {1}, {2–3}, {4–7}, … as far as any token reaches.</summary>
    /// <param name="values">For each item the values of its tokens in order.</param>
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

    /// <summary>Mean late and mean first divergence over the items that have late tokens; null without such items.</summary>
    internal static (double Late, double First, int Items)? LateAndFirst(double[][] values)
    {
        var reaching = values.Where(v => v.Length >= LateFrom).ToArray();
        if (reaching.Length == 0) return null;
        return (FixedOrderSum.Mean(reaching.SelectMany(v => v.Skip(LateFrom - 1)).ToArray()), FixedOrderSum.Mean(reaching.Select(v => v[0]).ToArray()), reaching.Length);
    }

    private static IEnumerable<Measurement> Of(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        var panel = ItemPanel.Of(scores, column);
        var first = panel.Values.Select(v => v[0]).ToArray();
        yield return SetWords.Estimated($"{id}.first_token", panel.Bounded(input.Statistics.Mean(panel.Clusters(first))), "nats", set, ", first token only");
        var total = FixedOrderSum.Of(panel.Values.SelectMany(v => v).ToArray());
        yield return SetWords.Described($"{id}.first_token_share", total == 0 ? 0 : FixedOrderSum.Of(first) / total, panel.Items.Count, "share", set,
            ", first tokens' share of the sum");
        var late = LateAndFirst(panel.Values);
        yield return SetWords.Described($"{id}.late_over_first_unfloored", late is { } l ? l.Late == l.First ? 0 : Math.Log(l.Late / l.First) : double.NaN, late?.Items ?? 0,
            "ln ratio", set, ", tokens from 16 on over first tokens, not raised to a floor");
        foreach (var bin in Curve(panel.Values))
            yield return SetWords.Described($"{id}.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", set, $", positions {bin.From} to {bin.To}");
    }
}
