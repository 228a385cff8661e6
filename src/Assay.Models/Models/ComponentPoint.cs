namespace Assay.Models;

/// <summary>Places inside a block's sub-layers at which their parts can be seen or changed.</summary>
public enum ComponentPoint
{
    /// <summary>What attention's output projection reads, (heads × value size): head after head, gated where the model gates.</summary>
    AttentionHeads,
    /// <summary>What attention's output projection hands on, (d), its bias included: before a post-norm where there is one.</summary>
    AttentionOutput,
    /// <summary>What a dense MLP's down projection reads, (width): neuron after neuron.</summary>
    MlpNeurons,
    /// <summary>The weights with which the outputs of routed experts are added, (experts): 0 for those not chosen; these stay out whatever is written there.</summary>
    ExpertWeights,
    /// <summary>What the MLP hands on, (d): before a post-norm where there is one.</summary>
    MlpOutput,
}
