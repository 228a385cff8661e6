namespace Assay.Models.Architectures;

/// <summary>The places of a decoder that hold tensors.</summary>
public enum TensorPart
{
    /// <summary>Token embedding.</summary>
    Embedding,
    /// <summary>Learned positions.</summary>
    PositionEmbedding,
    /// <summary>Norm on a block's input.</summary>
    PreAttentionNorm,
    /// <summary>Queries.</summary>
    Query,
    /// <summary>Keys.</summary>
    Key,
    /// <summary>Values.</summary>
    Value,
    /// <summary>Queries, keys and values in one tensor, in this order.</summary>
    QueryKeyValue,
    /// <summary>Norm of each query head.</summary>
    QueryNorm,
    /// <summary>Norm of each key head.</summary>
    KeyNorm,
    /// <summary>Attention's output.</summary>
    Output,
    /// <summary>Norm between attention's output and the residual sum.</summary>
    PostAttentionNorm,
    /// <summary>Norm on the MLP's input.</summary>
    PreMlpNorm,
    /// <summary>Gate of a dense MLP.</summary>
    Gate,
    /// <summary>First matrix of a dense MLP.</summary>
    Up,
    /// <summary>Last matrix of a dense MLP.</summary>
    Down,
    /// <summary>Scores of the experts.</summary>
    Router,
    /// <summary>Gate of an expert.</summary>
    ExpertGate,
    /// <summary>First matrix of an expert.</summary>
    ExpertUp,
    /// <summary>Last matrix of an expert.</summary>
    ExpertDown,
    /// <summary>Norm between the MLP's output and the residual sum.</summary>
    PostMlpNorm,
    /// <summary>Norm after the last block.</summary>
    FinalNorm,
    /// <summary>From the residual stream to the logits.</summary>
    Head,
}

/// <summary>Extents of tensors, by what they count.</summary>
public enum Extent
{
    /// <summary>No such axis: a vector.</summary>
    None,
    /// <summary>Tokens of the vocabulary.</summary>
    Vocabulary,
    /// <summary>Learned positions.</summary>
    Positions,
    /// <summary>Width of the residual stream.</summary>
    Hidden,
    /// <summary>Query heads × head size.</summary>
    Queries,
    /// <summary>Key and value heads × head size.</summary>
    KeyValues,
    /// <summary>Queries + 2 × keys and values.</summary>
    QueriesKeysValues,
    /// <summary>Width of a head.</summary>
    HeadSize,
    /// <summary>Inner width of a dense MLP.</summary>
    Mlp,
    /// <summary>Experts of a layer.</summary>
    Experts,
    /// <summary>Inner width of an expert.</summary>
    ExpertMlp,
}

/// <summary>One module of an architecture: its tensors' names, shapes and residual role.</summary>
/// <param name="Part">Its place.</param>
/// <param name="Module">Name without <c>.weight</c>; <c>{layer}</c> and <c>{expert}</c> stand for their numbers.</param>
/// <param name="Outputs">Outputs of the map, or the length of a vector.</param>
/// <param name="Inputs">Inputs of the map; <see cref="Extent.None"/> for a vector.</param>
/// <param name="Role">Of the weight. The bias of what writes also writes; other biases do neither.</param>
/// <param name="Bias">Null: none. <see cref="Always"/>: there is one. Else the key that says whether.</param>
/// <param name="Transposed">Stored (inputs, outputs), as GPT-2's Conv1D.</param>
public sealed record TensorRow(TensorPart Part, string Module, Extent Outputs, Extent Inputs, ResidualRole Role, string? Bias = null, bool Transposed = false)
{
    /// <summary>Marks a bias that no key governs.</summary>
    public const string Always = "always";
}
