using System.Collections.Immutable;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Ways to say which writers are edited and how much.</summary>
public static class EditPlaces
{
    /// <summary>Every writer of the model, the embedding too: what removes a direction from the whole residual stream.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="strength">λ.</param>
    public static ImmutableArray<EditPlace> All(TransformerSpec spec, double strength = 1) => Window(spec, 0, int.MaxValue, attention: true, mlp: true, embedding: true, strength);

    /// <summary>The writers of some layers that follow each other.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="first">First layer, from 0.</param>
    /// <param name="last">Last layer; more than there are means the last.</param>
    /// <param name="attention">Whether attention is edited.</param>
    /// <param name="mlp">Whether the MLP is.</param>
    /// <param name="embedding">Whether the embedding is, too.</param>
    /// <param name="strength">λ.</param>
    public static ImmutableArray<EditPlace> Window(TransformerSpec spec, int first, int last, bool attention = true, bool mlp = true, bool embedding = false, double strength = 1)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return ByLayer(spec, attention, mlp, layer => layer >= first && layer <= last ? strength : 0, embedding ? strength : 0);
    }

    /// <summary>A tent: full strength at one layer, falling in a straight line to another at a distance, nothing beyond it.</summary>
    /// <remarks>The weight kernel of heretic (p-e-w/heretic, model.py, abliterate).</remarks>
    /// <param name="spec">The model's.</param>
    /// <param name="peak">Layer of the full strength; may lie between two.</param>
    /// <param name="distance">Layers from there to the foot, positive.</param>
    /// <param name="strength">λ at the peak.</param>
    /// <param name="foot">λ at that distance.</param>
    /// <param name="attention">Whether attention is edited.</param>
    /// <param name="mlp">Whether the MLP is.</param>
    public static ImmutableArray<EditPlace> Tent(TransformerSpec spec, double peak, double distance, double strength, double foot = 0, bool attention = true, bool mlp = true)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(distance);
        return ByLayer(spec, attention, mlp, layer => Math.Abs(layer - peak) is var away && away <= distance ? strength + (foot - strength) * away / distance : 0, 0);
    }

    private static ImmutableArray<EditPlace> ByLayer(TransformerSpec spec, bool attention, bool mlp, Func<int, double> strength, double embedding)
    {
        var places = ImmutableArray.CreateBuilder<EditPlace>();
        if (embedding != 0) places.Add(new EditPlace(-1, ResidualWriter.Embedding, embedding));
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            if (strength(layer) is not (not 0 and var much)) continue;
            if (attention) places.Add(new EditPlace(layer, ResidualWriter.Attention, much));
            if (mlp) places.Add(new EditPlace(layer, ResidualWriter.Mlp, much));
        }
        return places.ToImmutable();
    }
}
