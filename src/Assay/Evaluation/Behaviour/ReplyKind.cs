namespace Assay.Evaluation.Behaviour;

/// <summary>What a reply is, before asking whether it is right.</summary>
public enum ReplyKind
{
    /// <summary>Neither of the others.</summary>
    Answered,

    /// <summary>Declines.</summary>
    Refused,

    /// <summary>Does not come to an end within the tokens allowed: a class of its own, neither refusal nor answer.</summary>
    Degenerate,
}
