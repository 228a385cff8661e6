namespace Assay.Evaluation.Behaviour;

/// <summary>What a reply is.</summary>
/// <param name="Outcome">The outcome, with flexible extraction; null where the reply answers a question that has no single answer.</param>
/// <param name="StrictlyRight">Whether the reply is an answer and states the right one in the format asked for; null where there is no single answer.</param>
/// <param name="Rule">The rule about refusals that decided.</param>
/// <param name="Unusable">Why the reply is unusable; null where it is usable.</param>
public sealed record ReplyJudgement(ReplyOutcome? Outcome, bool? StrictlyRight, RefusalRule Rule, UnusableReason? Unusable)
{
    /// <summary>Whether the reply is an answer: right, wrong, or to a question that has no single answer.</summary>
    public bool Answered => Outcome is null or ReplyOutcome.Wrong or ReplyOutcome.Right;
}
