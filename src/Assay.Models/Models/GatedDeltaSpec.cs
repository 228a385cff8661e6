namespace Assay.Models;

/// <summary>Linear attention by the gated delta rule: each head keeps a matrix S (key size, value size) instead of keys and values.</summary>
/// <remarks>Yang et al. 2024 (arXiv 2412.06464): S ← e^g S; S ← S + k (β (v − Sᵀk))ᵀ; o = Sᵀq, with q and k of unit length and q over √(key size).
/// <see cref="AttentionSpec.Heads"/> are the value heads, <see cref="AttentionSpec.KeyValueHeads"/> those of queries and keys, each serving as many value heads in a row. Before
/// the rule, queries, keys and values pass a causal convolution of each channel and SiLU. transformers, models/qwen3_next/modular_qwen3_next.py.</remarks>
public sealed record GatedDeltaSpec
{
    /// <summary>Tensor (channels, 1, taps): channels are all queries, all keys, all values; the last tap is on the token itself.</summary>
    public required string Convolution { get; init; }
    /// <summary>Tokens that the convolution sees.</summary>
    public required int Taps { get; init; }
    /// <summary>(value heads, d): β is the sigmoid of it.</summary>
    public required LinearSpec WriteStrength { get; init; }
    /// <summary>(value heads, d): g = −e^rate · softplus(it + bias).</summary>
    public required LinearSpec Decay { get; init; }
    /// <summary>Tensor (value heads,): the rate.</summary>
    public required string LogRate { get; init; }
    /// <summary>Tensor (value heads,): the bias.</summary>
    public required string StepBias { get; init; }
    /// <summary>RMS norm of each head's result, before the gate.</summary>
    public required NormSpec Norm { get; init; }
}
