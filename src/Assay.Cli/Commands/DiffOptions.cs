namespace Assay.Cli.Commands;

/// <summary>What <c>assay diff</c> was asked to do.</summary>
internal sealed record DiffOptions
{
    /// <summary>The model that was changed.</summary>
    public required string Base { get; init; }

    /// <summary>The changed model.</summary>
    public required string Candidate { get; init; }

    /// <summary>Folder for diff.json and diff.md; null for none.</summary>
    public string? Output { get; init; }

    /// <summary>Threads; 0 for one a processor. Changes no result.</summary>
    public int Threads { get; init; }

    /// <summary>Print diff.json instead of tables.</summary>
    public bool Json { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }

    /// <summary>Every tensor that differs, not only modules.</summary>
    public bool Verbose { get; init; }
}
