namespace Assay.Models;

/// <summary>A part of one block: a sub-layer, or heads, neurons or experts of it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Layer">Block, from 0.</param>
/// <param name="First">First head, neuron or expert, from 0; 0 for a sub-layer.</param>
/// <param name="Count">How many of them; 1 for a sub-layer.</param>
public readonly record struct Component(ComponentKind Kind, int Layer, int First = 0, int Count = 1)
{
    /// <summary>Where its value stands.</summary>
    public ComponentSite Site => new(Layer, Kind switch
    {
        ComponentKind.Attention => ComponentPoint.AttentionOutput,
        ComponentKind.Mlp => ComponentPoint.MlpOutput,
        ComponentKind.Heads => ComponentPoint.AttentionHeads,
        ComponentKind.Neurons => ComponentPoint.MlpNeurons,
        _ => ComponentPoint.ExpertWeights,
    });

    /// <summary>Which floats of a row at its site are its own.</summary>
    /// <param name="spec">The model's.</param>
    /// <exception cref="ArgumentException">The model has no such part.</exception>
    public (int First, int Count) Entries(TransformerSpec spec)
    {
        var width = Site.Width(spec);
        var isWhole = Kind is ComponentKind.Attention or ComponentKind.Mlp;
        var each = isWhole ? width : Kind == ComponentKind.Heads ? spec.Layers[Layer].Attention.ValueSize : 1;
        if (First < 0 || Count < 1 || First + (long)Count > width / each)
            throw new ArgumentException($"{Kind} {First} to {First + (long)Count - 1} of block {Layer} were asked for; it has {width / each}.");
        return (First * each, Count * each);
    }
}
