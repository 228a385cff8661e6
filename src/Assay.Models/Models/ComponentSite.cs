namespace Assay.Models;

/// <summary>A place inside one block's sub-layers.</summary>
/// <param name="Layer">Block, from 0.</param>
/// <param name="Point">Place in it.</param>
public readonly record struct ComponentSite(int Layer, ComponentPoint Point)
{
    /// <summary>Floats of a row there.</summary>
    /// <param name="spec">The model's.</param>
    /// <exception cref="ArgumentException">The model has no such place.</exception>
    public int Width(TransformerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if ((uint)Layer >= (uint)spec.Layers.Length) throw new ArgumentException($"Block {Layer} was asked for; the model has blocks 0 to {spec.Layers.Length - 1}.");
        var layer = spec.Layers[Layer];
        return Point switch
        {
            ComponentPoint.AttentionHeads => layer.Attention.Heads * layer.Attention.ValueSize,
            ComponentPoint.MlpNeurons => layer.Mlp is DenseMlpSpec dense ? dense.Up.Outputs
                : throw new ArgumentException($"The MLP of block {Layer} is made of routed experts; neurons are those of a dense one."),
            ComponentPoint.ExpertWeights => layer.Mlp is RoutedMlpSpec routed ? routed.Experts.Length : throw new ArgumentException($"The MLP of block {Layer} is dense; it has no experts."),
            _ => spec.HiddenSize,
        };
    }
}
