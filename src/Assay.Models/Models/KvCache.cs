using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Keys and values of one sequence in every layer, in float32, with room for a fixed number of positions.</summary>
public sealed class KvCache : IDisposable
{
    private readonly KeyValueBlock[] _layers;

    /// <summary>An empty cache.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="capacity">Positions there must be room for.</param>
    public KvCache(TransformerSpec spec, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _layers = new KeyValueBlock[spec.Layers.Length];
        for (var i = 0; i < _layers.Length; i++)
        {
            var attention = spec.Layers[i].Attention;
            _layers[i] = new KeyValueBlock();
            _layers[i].Ensure(attention.KeyValueHeads, attention.HeadSize, capacity);
        }
    }

    /// <summary>Positions that fit.</summary>
    public int Capacity { get; }

    /// <summary>Positions that are filled.</summary>
    public int Length { get; internal set; }

    /// <summary>Bytes that a cache of so many positions takes.</summary>
    public static long Bytes(TransformerSpec spec, int capacity)
    {
        long floats = 0;
        foreach (var layer in spec.Layers) floats += KeyValueBlock.Floats(layer.Attention.KeyValueHeads, layer.Attention.HeadSize, capacity);
        return floats * sizeof(float);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in _layers) layer.Dispose();
    }

    internal KeyValueBlock Layer(int index) => _layers[index];
}
