namespace Assay.Verdicts;

/// <summary>What a comparison comes to. Names and exit codes are part of the program's interface.</summary>
/// <remarks>protocol.md, Verdicts. BROKEN, DEGRADED, EQUIVALENT and SURGICAL need margins and harms and are not given yet.</remarks>
public enum Verdict
{
    /// <summary>Neither measured as different nor bounded.</summary>
    Inconclusive,

    /// <summary>Not two versions of one model.</summary>
    Incomparable,

    /// <summary>Same weights, same packaging.</summary>
    Identical,

    /// <summary>Same weights in another packaging.</summary>
    Packaging,

    /// <summary>The difference is real.</summary>
    Shifted,
}
