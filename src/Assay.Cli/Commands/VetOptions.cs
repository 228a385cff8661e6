namespace Assay.Cli.Commands;

/// <summary>What <c>assay vet</c> was asked to do.</summary>
internal sealed record VetOptions
{
    /// <summary>The model that was changed.</summary>
    public required string Base { get; init; }

    /// <summary>The changed model.</summary>
    public required string Candidate { get; init; }

    /// <summary>Items of each panel.</summary>
    public int Items { get; init; } = 64;

    /// <summary>Documents of each prose domain.</summary>
    public int DocumentsPerDomain { get; init; } = 8;

    /// <summary>Tokens of a continuation at most.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Window of reference text in tokens; null for the smaller of 512 and the models' maximum.</summary>
    public int? Context { get; init; }

    /// <summary>Seed of prompts and documents; null to derive it from both weights hashes and the nonce.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Drawn after the candidate was frozen and not by its author; null where there is none.</summary>
    public string? Nonce { get; init; }

    /// <summary>The time that a chat template may ask for.</summary>
    public DateTimeOffset Clock { get; init; } = SharedOptions.DefaultClock;

    /// <summary>Threads; 0 for one a processor. Changes no result.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory allowed in bytes; 0 for half of what is free. Changes no result.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>At most so many items and documents a panel and domain, stamped "not a verdict"; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Print the plan and its cost, then exit.</summary>
    public bool DryRun { get; init; }

    /// <summary>Print the report as JSON instead of a table.</summary>
    public bool Json { get; init; }

    /// <summary>Run folder; null for none named.</summary>
    public string? Output { get; init; }

    /// <summary>Start anew where the folder holds an earlier run.</summary>
    public bool Fresh { get; init; }

    /// <summary>Run sequences beyond <c>max_position_embeddings</c> where positions are rotary.</summary>
    public bool AllowLong { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }

    /// <summary>Stack traces and detail.</summary>
    public bool Verbose { get; init; }
}
