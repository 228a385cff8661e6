using System.Collections.Immutable;

namespace Assay.Checkpoints;

/// <summary>A tensor of a memory-mapped checkpoint. Nothing is read before it is asked for.</summary>
/// <remarks>Valid as long as its checkpoint is open. Offsets are <see cref="long"/>: a tensor may be larger than a span can be,
/// so it is read by rows or blocks. Data may start at an odd address.</remarks>
public sealed unsafe class Tensor
{
    internal Tensor(string name, DType dtype, ImmutableArray<long> shape, byte* data, long byteLength)
    {
        Name = name;
        DType = dtype;
        Shape = shape;
        Data = data;
        ByteLength = byteLength;
        long count = 1;
        foreach (var size in shape) count = checked(count * size);
        Count = count;
    }

    /// <summary>Name in the checkpoint.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Shape, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Elements.</summary>
    public long Count { get; }

    /// <summary>Bytes.</summary>
    public long ByteLength { get; }

    /// <summary>First byte in the mapping; may be odd.</summary>
    internal byte* Data { get; }
}
