namespace Assay.Directions.Edits;

/// <summary>How a plan is put into weights.</summary>
public sealed record EditOptions
{
    /// <summary>Each column of (out, in), each row of an embedding, keeps its norm, but for one that is nearly all direction: of it only rounding is left (up to 2⁻⁸ of its norm as bf16, 2⁻¹¹ as f16, 1e-6 otherwise), which is not scaled up, and the report counts it. The change then has full rank: no hook and no LoRA equals it.</summary>
    public bool PreserveNorms { get; init; }

    /// <summary>What reads the residual stream is edited, not what writes to it: the places' query, key, value, gate, up and router matrices become blind to the direction.</summary>
    /// <remarks>Behind a LayerNorm, which takes the mean away, they do to the part of cosine c that the direction has with (1, …, 1): of what the normalised stream has along the direction
    /// without its mean, |c| is left. Nothing is left where the direction given has the mean 0.</remarks>
    public bool InputSide { get; init; }

    /// <summary>A tied head stays tied: it changes with the embedding. Otherwise it keeps its rows and becomes a tensor of its own.</summary>
    public bool KeepTiedHead { get; init; }
}
