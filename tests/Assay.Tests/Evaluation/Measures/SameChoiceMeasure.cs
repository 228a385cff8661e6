// What docs/how-to/add-a-measure.md shows: a test holds the page to what stands between the two marks.
// <measure>
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>How often both models would say the same token next.</summary>
public sealed class SameChoiceMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.ArgmaxP | ScoreColumns.ArgmaxQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("same-choice", "Same first choice",
        "share of the tokens of the base's greedy answers at which both models have the same likeliest token", "add-a-measure.md", "share",
        "How near the second choice was.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), Columns);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            var set = VetDesign.BaseAnswers(panel);
            var scores = input.Scores.Scores(set);
            if (scores.Items.Count == 0) continue;
            // One array an item: 1 where both choose the same token. An item is what intervals draw, never a token.
            var same = scores.Values(ScoreColumns.ArgmaxP, ScoreColumns.ArgmaxQ, (p, q) => p == q ? 1 : 0);
            var share = input.Statistics.Mean([.. same.Select(v => new Cluster("", v.Sum(), v.Length))]).Within(0, 1);
            yield return SetWords.Estimated($"same_choice.{panel}", share, "share", set, ", both have the same likeliest token");
        }
    }
}
// </measure>
