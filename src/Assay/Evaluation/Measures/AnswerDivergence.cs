using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>One divergence of one set of greedy answers.</summary>
/// <param name="Set">The answers.</param>
/// <param name="Column">The divergence that is exact on their writer's text: forward on the base's, reverse on the candidate's.</param>
/// <param name="Id">How ids of its measurements begin.</param>
internal sealed record AnswerDivergence(ContextSet Set, ScoreColumns Column, string Id)
{
    /// <summary>Of each panel the base's answers (R1), then the candidate's (R2).</summary>
    public static IEnumerable<AnswerDivergence> Of(VetDesign design) => design.Panels.SelectMany(panel => new[]
    {
        new AnswerDivergence(VetDesign.BaseAnswers(panel), ScoreColumns.Kl, $"kld.{panel}"),
        new AnswerDivergence(VetDesign.CandidateAnswers(panel), ScoreColumns.ReverseKl, $"reverse_kld.{panel}.r2"),
    });

    /// <summary>What has to be scored for them.</summary>
    public static Needs NeedsOf(VetDesign design) => new([.. Of(design).Select(d => new SetNeed(d.Set, d.Column))]);
}
