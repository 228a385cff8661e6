namespace Assay.Evaluation.Behaviour;

/// <summary>Why a reply is unusable; the first that holds.</summary>
public enum UnusableReason
{
    /// <summary>It goes round in circles (<see cref="LoopDetector"/>).</summary>
    Loop,

    /// <summary>It did not end within the tokens allowed.</summary>
    Truncated,

    /// <summary>Nothing is left of it without its thought.</summary>
    Empty,

    /// <summary>An answer is expected, and none can be extracted from it.</summary>
    NoAnswer,
}
