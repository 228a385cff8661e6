using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M4: the worst tokens and the worst items.</summary>
public sealed class TailMeasure : IMeasure
{
    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M4", "Tail of the divergence",
        "quantiles over tokens (type 7); CVaR: mean of the largest ⌈(1 − α) N⌉, .99 over tokens, .90 over items; 5 % trimmed item mean; range of the headline with one item left out; " +
        "share of the worst item", "protocol.md M4; Hyndman and Fan 1996 (type 7); Rockafellar and Uryasev 2000 (CVaR)", "nats",
        "Damage on prompts rarer than one in the number of items.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return AnswerDivergence.NeedsOf(design);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return AnswerDivergence.Of(input.Design).SelectMany(d => Of(input, d.Set, d.Column, d.Id));
    }

    private static IEnumerable<Measurement> Of(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        if (scores.Items.Count == 0) yield break;
        var panel = ItemPanel.Of(scores, column);
        var tail = input.Statistics.Tail(panel.Values, panel.Strata);
        yield return SetWords.Estimated($"{id}.trimmed_mean", tail.TrimmedItems, "nats/token", set, ", 5 % of items trimmed at each end");
        for (var k = 0; k < tail.Quantiles.Length; k++)
            yield return SetWords.Estimated($"{id}.quantile.{SetWords.Number(TailEstimates.Probabilities[k])}", tail.Quantiles[k], "nats", set, ", quantile over tokens, type 7");
        yield return SetWords.Estimated($"{id}.cvar99_tokens", tail.Cvar99, "nats", set, ", mean of the worst hundredth of tokens");
        yield return SetWords.Estimated($"{id}.cvar90_items", tail.Cvar90Items, "nats/token", set, ", mean of the worst tenth of items");
        yield return SetWords.Described($"{id}.worst_item_share", panel.WorstShare, panel.Items.Count, "share", set,
            $", of the sum of item means; the item is {panel.Items[panel.Worst].Item}");
        var (low, high) = LeaveOneOut(panel);
        yield return SetWords.Described($"{id}.leave_one_out_low", low, panel.Items.Count, "nats/token", set, ", smallest headline with one item left out");
        yield return SetWords.Described($"{id}.leave_one_out_high", high, panel.Items.Count, "nats/token", set, ", largest headline with one item left out");
        yield return SetWords.Described($"{id}.item_variation", panel.Variation, panel.Items.Count, "ratio", set, ", standard deviation of item means over their mean");
    }

    private static (double Low, double High) LeaveOneOut(ItemPanel panel)
    {
        var (means, strata) = (panel.Means, panel.Strata);
        if (means.Length < 2) return (double.NaN, double.NaN);
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        var groups = Enumerable.Range(0, means.Length).GroupBy(i => strata[i], StringComparer.Ordinal).Select(g => g.ToArray()).ToArray();
        var whole = groups.Select(g => FixedOrderSum.Mean(g.Select(i => means[i]).ToArray())).ToArray();
        for (var s = 0; s < groups.Length; s++)
        {
            foreach (var left in groups[s])
            {
                var rest = groups[s].Where(i => i != left).Select(i => means[i]).ToArray();
                double[] all = rest.Length == 0 ? [.. whole.Where((_, k) => k != s)] : [.. whole.Select((w, k) => k == s ? FixedOrderSum.Mean(rest) : w)];
                var headline = FixedOrderSum.Mean(all);
                (low, high) = (Math.Min(low, headline), Math.Max(high, headline));
            }
        }

        return (low, high);
    }
}
