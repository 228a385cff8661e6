using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Behaviour;

/// <summary>One question in one frame, and what both models made of it.</summary>
/// <param name="Core">What both frames share: rows of one core have the same numbers and the same answer.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Base">The base's reply.</param>
/// <param name="Candidate">The candidate's.</param>
public sealed record ReasoningRow(int Core, Frame Frame, ReplyOutcome Base, ReplyOutcome Candidate)
{
    /// <summary>What is drawn together: the core, or a number that several cores share which are no evidence apart from each other.</summary>
    public int Cluster { get; init; } = Core;

    /// <summary>What is computed, the same number for cores with other names and the same sum: they are wrong together, and no evidence apart from each other.
    /// Null where that is told by <see cref="Cluster"/> alone.</summary>
    public int? Problem { get; init; }

    /// <summary>What intervals resample.</summary>
    internal int Drawn => Problem ?? Cluster;

    /// <summary>The base's reply behind the prefix that puts it past the refusal; null where that was not measured.</summary>
    public ReplyOutcome? BasePrefixed { get; init; }

    /// <summary>The candidate's.</summary>
    public ReplyOutcome? CandidatePrefixed { get; init; }

    /// <summary>The reply of the base with its residual stream rounded; null where that was not measured.</summary>
    public ReplyOutcome? Floor { get; init; }

    /// <summary>Whether both models answered, rightly or wrongly.</summary>
    public bool Answered => Answers(Base) && Answers(Candidate);

    /// <summary>Whether a reply is an answer.</summary>
    public static bool Answers(ReplyOutcome outcome) => outcome is ReplyOutcome.Wrong or ReplyOutcome.Right;
}
