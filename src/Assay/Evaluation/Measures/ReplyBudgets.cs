using System.Globalization;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Measures;

/// <summary>Accuracy as a function of the tokens that a reply may have: whether a model lost answers, or only gives them later.</summary>
/// <remarks>protocol.md, "Refusal-to-reasoning delta": the budget curve acc(T). A reply that ends within T tokens is the same under every budget from T
/// on.</remarks>
internal static class ReplyBudgets
{
    private const int Shortest = 16;

    /// <summary>Share right within T tokens, T doubling from 16 to the longest reply, for both frames and both models.</summary>
    /// <param name="answers">The replies of a set with their lengths.</param>
    /// <param name="design">Which replies are the candidate's.</param>
    public static IEnumerable<Measurement> Of(Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>> answers, VetDesign design)
    {
        foreach (var panel in VetDesign.CorePanels)
        {
            var replies = new[] { (Model: "base", Rows: answers(VetDesign.BaseReplies(panel))),
                (Model: "candidate", Rows: answers(design.CandidateReplies(panel))) };
            var longest = replies.SelectMany(r => r.Rows).Select(r => r.Reply.Tokens).DefaultIfEmpty().Max();
            var frame = VetDesign.FrameOf(panel) == Frame.Benign ? "benign" : "trigger";
            for (var most = Shortest; longest > 0; most *= 2)
            {
                foreach (var (model, rows) in replies)
                    yield return new Measurement(string.Create(CultureInfo.InvariantCulture, $"r2r.budget.{frame}.{most}.{model}"),
                        new Described(rows.Count(r => r.Reply.Tokens <= most && r.Reply.Judgement.Outcome == ReplyOutcome.Right) / (double)rows.Count,
                            rows.Count),
                        "share", new Where(null, $"share of {frame} rows that the {model} gets right within {most} tokens, reasoning cores, greedy"));
                if (most >= longest) break;
            }
        }
    }
}
