namespace Assay.Verdicts;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know; nothing goes wrong because of it.</summary>
    Note,

    /// <summary>Something will go wrong, or may mislead, where it is not looked at.</summary>
    Warning,

    /// <summary>Damage that was measured.</summary>
    Harm,
}
