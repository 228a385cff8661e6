using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>An unedited batch, stopped at one writer of the residual stream: what all sets of edits that begin there have in common.</summary>
/// <param name="segments">The batch: no caches, no edits.</param>
internal sealed class PrefixState(IReadOnlyList<Segment> segments) : IDisposable
{
    /// <summary>The batch.</summary>
    public IReadOnlyList<Segment> Segments => segments;

    /// <summary>The writer, as <see cref="OutputEdits.Index"/> numbers them; 1 + 2 · blocks at the end of the last; −1 before the start.</summary>
    public int Place { get; internal set; } = -1;

    /// <summary>(rows, d): the residual stream before the writer's output is added; nothing at the embedding.</summary>
    internal FloatBuffer Stream { get; } = new();

    /// <summary>(rows, d): the writer's output before edits, or, at the end, the stream's final norm.</summary>
    internal FloatBuffer Output { get; } = new();

    /// <summary>Bytes of a state of so many rows.</summary>
    public static long Bytes(TransformerSpec spec, long rows) => 2 * rows * spec.HiddenSize * sizeof(float);

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        Output.Dispose();
    }
}
