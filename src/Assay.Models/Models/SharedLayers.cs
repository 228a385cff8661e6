using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>The residual stream after the first layers, where two models have them in common: computed by the one, taken over by the other.</summary>
/// <param name="count">Layers in common.</param>
/// <param name="scratch">Whether a temporary file stands for the stream.</param>
internal sealed unsafe class SharedLayers(int count, bool scratch = false) : IDisposable
{
    private readonly FloatBuffer _stream = new(scratch: scratch);

    /// <summary>Layers in common.</summary>
    public int Count => count;

    /// <summary>Whether the stream is there.</summary>
    public bool Filled { get; private set; }

    /// <summary>Forgets the stream, before the next batch.</summary>
    public void Clear() => Filled = false;

    public void Dispose() => _stream.Dispose();

    internal void Fill(float* stream, long floats)
    {
        Buffer.MemoryCopy(stream, _stream.Ensure(floats), floats * sizeof(float), floats * sizeof(float));
        Filled = true;
    }

    internal void CopyTo(float* stream, long floats) => Buffer.MemoryCopy(_stream.Data, stream, floats * sizeof(float), floats * sizeof(float));
}
