using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Assay.Checkpoints;

/// <summary>A tensor on its way to a file. Its bytes are asked for in blocks, in order, each once.</summary>
public sealed class TensorToWrite
{
    /// <summary>A tensor whose bytes come from <paramref name="read"/>.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">Shape, outermost first.</param>
    /// <param name="read">Fills the span with the bytes from this offset inside the tensor.</param>
    /// <exception cref="ArgumentException">A negative size, too many dimensions or elements, a block type, or 4-bit elements that do not fill bytes.</exception>
    public TensorToWrite(string name, DType dtype, ImmutableArray<long> shape, Action<long, Span<byte>> read)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(read);
        if (shape.Length > SafetensorsHeader.MaxRank) throw new ArgumentException($"{shape.Length} dimensions; at most {SafetensorsHeader.MaxRank} are read.", nameof(shape));
        // The same bound as the reader's: sizes of 0 hide no overflow.
        Int128 nonZero = 1;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            if (size > 0) nonZero *= size;
            if (nonZero > long.MaxValue) throw new ArgumentException("Too many elements.", nameof(shape));
        }
        var count = shape.Contains(0) ? 0 : (long)nonZero;
        if (dtype.IsBlock()) throw new ArgumentException($"{dtype.FormatName()} is a type of GGUF; safetensors has no blocks.", nameof(dtype));
        Name = name;
        DType = dtype;
        Shape = shape;
        ByteLength = dtype.ByteLength(count) ?? throw new ArgumentException($"{count} elements of {dtype.FormatName()} do not fill whole bytes.", nameof(shape));
        Read = read;
    }

    /// <summary>Name in the checkpoint.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Shape, outermost first.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Fills the span with the bytes from this offset inside the tensor.</summary>
    public Action<long, Span<byte>> Read { get; }

    /// <summary>A copy of a tensor of an open checkpoint.</summary>
    public static TensorToWrite From(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorToWrite(tensor.Name, tensor.DType, tensor.Shape, tensor.ReadBytes);
    }

    /// <summary>A tensor of bytes in memory, little endian.</summary>
    /// <exception cref="ArgumentException">The bytes do not fit the shape.</exception>
    public static TensorToWrite From(string name, DType dtype, ImmutableArray<long> shape, ReadOnlyMemory<byte> bytes)
    {
        var tensor = new TensorToWrite(name, dtype, shape, (offset, block) => bytes.Span.Slice((int)offset, block.Length).CopyTo(block));
        return tensor.ByteLength == bytes.Length ? tensor : throw new ArgumentException($"{bytes.Length} bytes for a tensor of {tensor.ByteLength}.", nameof(bytes));
    }

    /// <summary>An F32 tensor of values in memory.</summary>
    /// <exception cref="ArgumentException">The values do not fit the shape.</exception>
    public static TensorToWrite From(string name, ImmutableArray<long> shape, ReadOnlyMemory<float> values)
    {
        var tensor = new TensorToWrite(name, DType.F32, shape, (offset, block) => MemoryMarshal.AsBytes(values.Span).Slice((int)offset, block.Length).CopyTo(block));
        return tensor.ByteLength == 4L * values.Length ? tensor : throw new ArgumentException($"{values.Length} values for a tensor of {tensor.ByteLength / 4}.", nameof(values));
    }
}
