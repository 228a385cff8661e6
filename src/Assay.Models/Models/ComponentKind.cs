namespace Assay.Models;

/// <summary>Parts of a model that an intervention is about.</summary>
public enum ComponentKind
{
    /// <summary>A block's attention: what it hands on.</summary>
    Attention,
    /// <summary>A block's MLP: what it hands on.</summary>
    Mlp,
    /// <summary>Heads of attention that follow each other: what the output projection reads of them.</summary>
    Heads,
    /// <summary>Neurons of a dense MLP that follow each other: what the down projection reads of them.</summary>
    Neurons,
    /// <summary>Routed experts that follow each other: the weights with which their outputs are added.</summary>
    Experts,
}
