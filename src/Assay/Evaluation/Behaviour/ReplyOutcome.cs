namespace Assay.Evaluation.Behaviour;

/// <summary>What became of a question: four outcomes, never two (protocol.md, R2R).</summary>
public enum ReplyOutcome
{
    /// <summary>The reply declines (R).</summary>
    Refused,

    /// <summary>The reply is cut off, a loop, empty, or gives no answer (U): neither a refusal nor compliance.</summary>
    Unusable,

    /// <summary>The reply gives another answer than the right one (0).</summary>
    Wrong,

    /// <summary>The reply gives the right answer (1).</summary>
    Right,
}
