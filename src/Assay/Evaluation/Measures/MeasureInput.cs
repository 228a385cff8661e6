using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Tasks;

namespace Assay.Evaluation.Measures;

/// <summary>What measures compute from.</summary>
/// <param name="Scores">The scores.</param>
/// <param name="Statistics">Intervals, from resamples that all measures share.</param>
/// <param name="Design">What the comparison covers.</param>
/// <param name="Cancellation">Honoured between figures.</param>
public sealed record MeasureInput(ScoreStore Scores, Statistician Statistics, VetDesign Design, CancellationToken Cancellation = default)
{
    /// <summary>What the pilot chose; null where there was none.</summary>
    public CoreChoice? Choice { get; init; }

    /// <summary>The replies of a set, item by item (<see cref="ReplyReader.Replies"/>); null where nobody reads them.</summary>
    public Func<ContextSet, IReadOnlyList<(PanelItem Item, ReplyJudgement Reply)>>? Replies { get; init; }

    /// <summary>The same with what they say (<see cref="ReplyReader.Answers"/>); null where nobody reads them.</summary>
    public Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>>? Answers { get; init; }

    /// <summary>The items of a set that its writer refuses (<see cref="ReplyReader.Refused"/>), null of a set that was not written; null where nobody reads
    /// them.</summary>
    public Func<ContextSet, IReadOnlySet<string>?>? Refused { get; init; }

    /// <summary>The items of a panel, in order; null where nobody draws them.</summary>
    public Func<string, IReadOnlyList<PanelItem>>? Items { get; init; }
}
