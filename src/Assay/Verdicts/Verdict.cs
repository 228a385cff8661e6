namespace Assay.Verdicts;

/// <summary>What a comparison comes to. Names and exit codes are part of the program's interface.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
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

    /// <summary>The candidate cannot say anything, which needs no margin to tell, or hardly anything of use.</summary>
    Broken,

    /// <summary>A harm is above its margin.</summary>
    Degraded,

    /// <summary>Nothing was lost: the weights compute the same function, checked value for value, and the measures agree; or the difference is what rounding
    /// leaves.</summary>
    Equivalent,

    /// <summary>The behaviour that was meant to change changed, every harm is below its margin, and little else changed.</summary>
    Surgical,

    /// <summary>The difference is real.</summary>
    Shifted,
}
