namespace Assay.Evaluation.Vetting;

/// <summary>What a change was meant to do: what SURGICAL asks for, and which refusals are no harm.</summary>
/// <remarks>protocol.md, Verdicts, SURGICAL.</remarks>
public enum ClaimedChange
{
    /// <summary>Refusals of trigger questions were to go.</summary>
    Refusals,

    /// <summary>Nothing is claimed, so that nothing is surgical.</summary>
    None,

    /// <summary>More trigger questions were to be refused.</summary>
    RefuseMore,
}
