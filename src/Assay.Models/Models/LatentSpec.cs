namespace Assay.Models;

/// <summary>Multi-head latent attention: queries, keys and values come out of narrow vectors, and all heads' keys end with the same rotated part.</summary>
/// <remarks>DeepSeek-AI 2024 (arXiv 2405.04434) §2.1. Computed in its expanded form: <see cref="AttentionSpec.Query"/> reads the query's vector, <see cref="AttentionSpec.Key"/> and
/// <see cref="AttentionSpec.Value"/> that of keys and values.</remarks>
public sealed record LatentSpec
{
    /// <summary>(query rank, d); null where queries are read from the stream.</summary>
    public LinearSpec? QueryDown { get; init; }
    /// <summary>On the query's vector; null where there is none.</summary>
    public NormSpec? QueryNorm { get; init; }
    /// <summary>(rank + rotated entries, d).</summary>
    public required LinearSpec KeyValueDown { get; init; }
    /// <summary>On the first <see cref="Rank"/> entries of it.</summary>
    public required NormSpec KeyValueNorm { get; init; }
    /// <summary>Width of the vector that keys and values come out of.</summary>
    public required int Rank { get; init; }
    /// <summary>Last entries of every key, which are not projected but shared by all heads.</summary>
    public required int SharedKey { get; init; }
}
