using System.Collections.Immutable;

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
    /// <summary>Queries, keys and values in one tensor, in this order, or so for each head.</summary>
    QueryKeyValue,
    /// <summary>Queries and the gate of attention's result in one tensor, head by head.</summary>
    QueryGate,
    /// <summary>From the stream to the vector that queries come out of.</summary>
    QueryDown,
    /// <summary>Norm of that vector.</summary>
    QueryDownNorm,
    /// <summary>Queries from that vector.</summary>
    QueryUp,
    /// <summary>From the stream to the vector that keys and values come out of, and the part of the keys that all heads share.</summary>
    KeyValueDown,
    /// <summary>Norm of that vector.</summary>
    KeyValueDownNorm,
    /// <summary>Keys and values from that vector, head by head.</summary>
    KeyValueUp,
    /// <summary>A logit of each head that takes part in the softmax without a value.</summary>
    Sinks,
    /// <summary>Queries, keys, values and gates of linear attention, key head by key head.</summary>
    DeltaProjection,
    /// <summary>Write strengths and decays of linear attention, key head by key head.</summary>
    DeltaRates,
    /// <summary>Convolution of linear attention.</summary>
    DeltaConvolution,
    /// <summary>Logarithm of each head's decay rate.</summary>
    DeltaLogRate,
    /// <summary>Bias of each head's step.</summary>
    DeltaStepBias,
    /// <summary>Norm of each head's result.</summary>
    DeltaNorm,
    /// <summary>Linear attention's output.</summary>
    DeltaOutput,
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
    /// <summary>Gate and first matrix in one tensor, in this order.</summary>
    GateUp,
    /// <summary>Last matrix of a dense MLP.</summary>
    Down,
    /// <summary>Scores of the experts.</summary>
    Router,
    /// <summary>What is added to the scores when experts are chosen.</summary>
    ChoiceBias,
    /// <summary>Gates and first matrices of all experts in one tensor, neighbours of each other.</summary>
    ExpertsGateUp,
    /// <summary>Last matrices of all experts in one tensor.</summary>
    ExpertsDown,
    /// <summary>Gate of the expert that all tokens use.</summary>
    SharedGate,
    /// <summary>First matrix of it.</summary>
    SharedUp,
    /// <summary>Last matrix of it.</summary>
    SharedDown,
    /// <summary>Weight of it.</summary>
    SharedRouter,
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
    /// <summary>Query heads.</summary>
    Heads,
    /// <summary>Queries and as many gates.</summary>
    QueriesGates,
    /// <summary>Query heads × width of a value.</summary>
    Mixed,
    /// <summary>Width of the vector that queries come out of.</summary>
    QueryRank,
    /// <summary>Width of the vector that keys and values come out of.</summary>
    KeyValueRank,
    /// <summary>That and the keys' shared part.</summary>
    KeyValueDown,
    /// <summary>Heads × (own part of a key + value).</summary>
    KeyValueUp,
    /// <summary>Queries, keys, values and gates of linear attention.</summary>
    DeltaProjection,
    /// <summary>Two for each of its value heads.</summary>
    DeltaRates,
    /// <summary>Its queries, keys and values.</summary>
    DeltaChannels,
    /// <summary>Tokens that its convolution sees.</summary>
    DeltaTaps,
    /// <summary>Its value heads.</summary>
    DeltaHeads,
    /// <summary>Width of one of its values.</summary>
    DeltaValueSize,
    /// <summary>Its value heads × that width.</summary>
    DeltaValues,
    /// <summary>1.</summary>
    One,
    /// <summary>Inner width of a dense MLP.</summary>
    Mlp,
    /// <summary>Twice that.</summary>
    GateUp,
    /// <summary>Twice the inner width of an expert.</summary>
    ExpertGateUp,
    /// <summary>Inner width of the shared expert.</summary>
    SharedMlp,
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
/// <param name="If">Null: always there. Else the key that must be true, or set to a value; with <c>!</c> before it, false or null.</param>
public sealed record TensorRow(TensorPart Part, string Module, Extent Outputs, Extent Inputs, ResidualRole Role, string? Bias = null, bool Transposed = false, string? If = null)
{
    /// <summary>Marks a bias that no key governs.</summary>
    public const string Always = "always";

    /// <summary>What the tensor's name has after the module's.</summary>
    public string Suffix { get; init; } = ".weight";

    /// <summary>The same of the bias.</summary>
    public string BiasSuffix { get; init; } = ".bias";

    /// <summary>The tensor's axes where they are not those of a map or a vector; for experts in one tensor the first counts them.</summary>
    public ImmutableArray<Extent> Axes { get; init; } = [];
}
