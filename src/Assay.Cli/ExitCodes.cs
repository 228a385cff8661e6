namespace Assay.Cli;

/// <summary>Exit codes. They are API: scripts decide by them.</summary>
public static class ExitCodes
{
    /// <summary>IDENTICAL, EQUIVALENT, SURGICAL, SHIFTED, PACKAGING within margins; and every command that did what was asked.</summary>
    public const int Accepted = 0;

    /// <summary>DEGRADED, BROKEN, GAMED, PACKAGING beyond a margin.</summary>
    public const int Rejected = 1;

    /// <summary>INCONCLUSIVE.</summary>
    public const int Inconclusive = 2;

    /// <summary>The command line could not be understood.</summary>
    public const int Usage = 64;

    /// <summary>Bad, unsupported or INCOMPARABLE input.</summary>
    public const int BadInput = 65;

    /// <summary>A defect of Assay.</summary>
    public const int Internal = 70;

    /// <summary>Cancelled by SIGINT or SIGTERM; the journal is intact.</summary>
    public const int Cancelled = 130;
}
