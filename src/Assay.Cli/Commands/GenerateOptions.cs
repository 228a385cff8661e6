namespace Assay.Cli.Commands;

/// <summary>What <c>assay generate</c> was asked to do. A null sampling option leaves the model's own generation config in force.</summary>
internal sealed record GenerateOptions
{
    /// <summary>Model folder.</summary>
    public required string Model { get; init; }

    /// <summary>What the user says.</summary>
    public required string Prompt { get; init; }

    /// <summary>Tokens at most.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>The most likely token each time.</summary>
    public bool Greedy { get; init; }

    /// <summary>Give the prompt to the model as it is, without chat template.</summary>
    public bool Raw { get; init; }

    /// <summary>Seed of sampling.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory allowed in bytes; 0 for half of what is free.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Print ids and text as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Run beyond <c>max_position_embeddings</c> where positions are rotary.</summary>
    public bool AllowLong { get; init; }
}
