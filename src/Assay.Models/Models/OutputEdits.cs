using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Edits of one model's writers, ready to run: several of one writer act one after another, in the order given.</summary>
public sealed class OutputEdits
{
    private readonly OutputEdit[][] _byWriter; // 0: the embedding; 1 + 2 l: attention of block l; 2 + 2 l: its MLP.

    /// <summary>Checks shapes and places.</summary>
    /// <param name="spec">The model's.</param>
    /// <param name="edits">What to change.</param>
    public OutputEdits(TransformerSpec spec, IEnumerable<OutputEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(edits);
        var lists = Enumerable.Range(0, 1 + 2 * spec.Layers.Length).Select(_ => new List<OutputEdit>()).ToArray();
        foreach (var edit in edits)
        {
            if (edit.Writer != ResidualWriter.Embedding) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)edit.Layer, (uint)spec.Layers.Length, nameof(edits));
            if (edit.Left.Length != edit.Right.Length || edit.Left.Length % spec.HiddenSize != 0 || !(edit.Offset.IsDefaultOrEmpty || edit.Offset.Length == spec.HiddenSize))
                throw new ArgumentException($"An edit has L of {edit.Left.Length}, R of {edit.Right.Length} and c of {(edit.Offset.IsDefault ? 0 : edit.Offset.Length)} elements; the residual stream is {spec.HiddenSize} wide.", nameof(edits));
            lists[Index(edit.Layer, edit.Writer)].Add(edit);
        }

        _byWriter = [.. lists.Select(l => l.ToArray())];
        FirstPlace = Array.FindIndex(_byWriter, l => l.Length > 0) is >= 0 and var place ? place : _byWriter.Length;
        FirstLayer = _byWriter[0].Length > 0 ? -1 : Array.FindIndex(_byWriter, l => l.Length > 0) is > 0 and var first ? (first - 1) / 2 : spec.Layers.Length;
    }

    /// <summary>First block that is edited; −1 where the embedding is, the number of blocks where nothing is. Before it, sequences with other edits compute the same.</summary>
    public int FirstLayer { get; }

    /// <summary>First writer that is edited, in the order in which they run: 0 the embedding, 1 + 2 l attention of block l, 2 + 2 l its MLP; 1 + 2 · blocks where nothing is.</summary>
    internal int FirstPlace { get; }

    /// <summary>Whether a writer is edited.</summary>
    internal bool Has(int layer, ResidualWriter writer) => _byWriter[Index(layer, writer)].Length > 0;

    /// <summary>Changes one row, (d), in place.</summary>
    internal void Apply(int layer, ResidualWriter writer, Span<float> row)
    {
        Span<double> few = stackalloc double[64];
        foreach (var edit in _byWriter[Index(layer, writer)])
        {
            var left = edit.Left.AsSpan();
            var right = edit.Right.AsSpan();
            var count = left.Length / row.Length;
            // All of Rᵀy before y changes.
            var parts = count <= few.Length ? few[..count] : new double[count];
            for (var k = 0; k < count; k++) parts[k] = RowProducts.Dot(right.Slice(k * row.Length, row.Length), row);
            RowProducts.Subtract(parts, left, edit.Offset.IsDefaultOrEmpty ? [] : edit.Offset.AsSpan(), row);
        }
    }

    /// <summary>A writer's number in the order in which they run.</summary>
    internal static int Index(int layer, ResidualWriter writer) => writer switch { ResidualWriter.Embedding => 0, ResidualWriter.Attention => 1 + 2 * layer, _ => 2 + 2 * layer };
}
