namespace Assay.Models;

/// <summary>How a model is run; none of it changes a result.</summary>
public sealed record LanguageModelOptions
{
    /// <summary>Threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory that activations and caches may take, in bytes; 0 for half of what is free.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Whether sequences longer than <c>max_position_embeddings</c> are run where positions are rotary.</summary>
    public bool AllowLong { get; init; }
}
