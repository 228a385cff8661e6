namespace Assay.Verdicts;

/// <summary>What a comparison comes to. Names and exit codes are part of the program's interface.</summary>
/// <remarks>protocol.md, Verdicts. SURGICAL, and most of DEGRADED and EQUIVALENT, need margins and yardsticks that do not exist yet and are not given without
/// them.</remarks>
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

    /// <summary>The candidate cannot say anything: no margin is needed to tell.</summary>
    Broken,

    /// <summary>A harm is above its margin.</summary>
    Degraded,

    /// <summary>Nothing was lost: the weights compute the same function, checked value for value, and the measures agree.</summary>
    Equivalent,

    /// <summary>The difference is real.</summary>
    Shifted,
}
