namespace Assay.Evaluation.Behaviour;

/// <summary>What a reply to a question with a known answer is.</summary>
/// <remarks>protocol.md, "Refusal-to-reasoning delta": Z ∈ {R, U, 0, 1}.</remarks>
public enum ReplyOutcome
{
    /// <summary>It declines.</summary>
    Refused,

    /// <summary>It did not end within the tokens allowed, loops, is empty, or gives no answer: neither refusal nor answer.</summary>
    Unusable,

    /// <summary>It gives another answer.</summary>
    Wrong,

    /// <summary>It gives the right answer.</summary>
    Right,
}
