namespace Assay.Cli.Commands;

/// <summary>What <c>assay score</c> was asked to do.</summary>
internal sealed record ScoreOptions
{
    /// <summary>Model folder.</summary>
    public required string Model { get; init; }

    /// <summary>A UTF-8 file, or a folder of them: documents apart.</summary>
    public required string Text { get; init; }

    /// <summary>Window in tokens; null for the smaller of 512 and the model's maximum.</summary>
    public int? Context { get; init; }

    /// <summary>At most so many documents; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory allowed in bytes; 0 for half of what is free.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Print <c>tokens</c>, <c>nll</c>, <c>perplexity</c>, <c>bits_per_byte</c> as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }

    /// <summary>Run windows beyond <c>max_position_embeddings</c> where positions are rotary.</summary>
    public bool AllowLong { get; init; }
}
