using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Assay.Checkpoints.Adapters;

namespace Assay.Checkpoints;

/// <summary>A tensor of a memory-mapped checkpoint, or one computed from such while it is read. Nothing is read before it is asked for.</summary>
/// <remarks>Valid as long as its checkpoint is open. Offsets are <see cref="long"/>: a tensor may be larger than a span can be,
/// so it is read by rows or blocks. Data may start at an odd address. A file that another process shortens after it was
/// opened ends the process at the next read of the lost part (SIGBUS): checkpoints must not be changed while in use.</remarks>
public sealed unsafe class Tensor
{
    private readonly MappedFile? owner;
    private readonly TensorSource? source;

    internal Tensor(string name, DType dtype, ImmutableArray<long> shape, byte* data, long byteLength, MappedFile? owner = null)
    {
        Name = name;
        DType = dtype;
        Shape = shape;
        Data = data;
        ByteLength = byteLength;
        this.owner = owner;
        long count = 1;
        foreach (var size in shape) count = checked(count * size);
        Count = count;
    }

    /// <summary>A tensor that is computed while it is read.</summary>
    internal Tensor(string name, DType dtype, ImmutableArray<long> shape, TensorSource source) : this(name, dtype, shape, null, 0)
    {
        this.source = source;
        ByteLength = dtype.ByteLength(Count) ?? throw new ArgumentException($"{Count} elements of {dtype.FormatName()} do not fill whole blocks.", nameof(shape));
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

    /// <summary>First byte in the mapping; may be odd. Null where the tensor is computed.</summary>
    internal byte* Data { get; }

    /// <summary>Whether its elements stand in the mapping one by one, so that they can be read by address.</summary>
    internal bool IsMapped => source is null && !DType.IsBlock();

    /// <summary>The tensor whose transpose this one is, if it was made so: whoever wants columns reads that one's rows.</summary>
    internal Tensor? TransposeOf => (source as TransposedRows)?.Inner;

    /// <summary>Where its bytes stand in a file; null where the tensor is computed.</summary>
    internal (string Path, long Offset)? Place => owner is null || Data is null ? null : (owner.Path, Data - owner.Start);

    /// <summary>What an adapter changes to make this tensor; null where none does.</summary>
    internal Tensor? UpdateOf => (source as LowRankUpdate)?.Inner;

    /// <summary>Whether an adapter changes it, and whether one that scales outputs to learned lengths does.</summary>
    internal bool IsUpdated => source is LowRankUpdate;

    /// <inheritdoc cref="IsUpdated"/>
    internal bool HasLengths => source is LowRankUpdate { HasLengths: true };

    /// <summary>Reads elements as float32: floats exactly where float32 holds them, else rounded to nearest even; NaN stays NaN.</summary>
    /// <param name="start">First element, in C order.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">The type is carried only.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Outside the tensor.</exception>
    public void Read(long start, Span<float> destination)
    {
        RequireOpenRange(start, destination.Length, Count);
        if (source is not null)
        {
            source.Read(start, destination);
            return;
        }
        switch (DType)
        {
            case >= DType.Q4_0:
                BlockDecoder.Read(DType, Data, start, destination);
                break;
            case DType.F32:
                new ReadOnlySpan<byte>(Data + start * 4, destination.Length * 4).CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case DType.BF16:
                WidenBFloat16((ushort*)(Data + start * 2), destination);
                break;
            case DType.F16:
                ReadHalf(Data + start * 2, destination);
                break;
            default:
                for (var i = 0; i < destination.Length; i++) destination[i] = IntegerOrDoubleToSingle(start + i);
                break;
        }
    }

    /// <summary>Reads elements as float64; exact for all but the largest 64-bit integers.</summary>
    /// <inheritdoc cref="Read"/>
    public void ReadDouble(long start, Span<double> destination)
    {
        RequireOpenRange(start, destination.Length, Count);
        if (DType == DType.F64)
        {
            new ReadOnlySpan<byte>(Data + start * 8, destination.Length * 8).CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }
        if (!IsMapped)
        {
            Span<float> block = stackalloc float[256];
            for (; !destination.IsEmpty; destination = destination[Math.Min(256, destination.Length)..], start += 256)
            {
                var part = block[..Math.Min(256, destination.Length)];
                Read(start, part);
                for (var i = 0; i < part.Length; i++) destination[i] = part[i];
            }
            return;
        }
        for (var i = 0; i < destination.Length; i++)
        {
            var at = start + i;
            destination[i] = DType switch
            {
                DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(Bytes(at, 4)),
                DType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(Bytes(at, 2)),
                DType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(Bytes(at, 2)) << 16),
                DType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(at, 8)),
                _ => Integer(at),
            };
        }
    }

    /// <summary>Reads elements of an integer type.</summary>
    /// <param name="start">First element, in C order.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">Not an integer type, or a U64 above 2⁶³ − 1.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Outside the tensor.</exception>
    public void ReadInt64(long start, Span<long> destination)
    {
        RequireOpenRange(start, destination.Length, Count);
        for (var i = 0; i < destination.Length; i++) destination[i] = Integer(start + i);
    }

    /// <summary>Reads raw bytes of any type, little endian as stored.</summary>
    /// <param name="offset">First byte inside the tensor.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside the tensor.</exception>
    public void ReadBytes(long offset, Span<byte> destination)
    {
        RequireOpenRange(offset, destination.Length, ByteLength);
        if (source is not null)
        {
            source.ReadBytes(offset, destination);
            return;
        }
        // Whoever reads much reads once, to hash or to copy: a plain read costs no page faults and leaves no pages mapped.
        if (owner is not null && destination.Length >= 1 << 16) owner.ReadData(Data + offset, destination);
        else new ReadOnlySpan<byte>(Data + offset, destination.Length).CopyTo(destination);
    }

    /// <summary>Whether another tensor has the same type, shape and bytes.</summary>
    internal bool HoldsTheBytesOf(Tensor other)
    {
        if (DType != other.DType || !Shape.AsSpan().SequenceEqual(other.Shape.AsSpan())) return false;
        RequireOpen();
        other.RequireOpen();
        if (source is not null || other.source is not null) return EqualWhenRead(other);
        for (long at = 0; at < ByteLength; at += 1 << 20)
        {
            var length = (int)Math.Min(1 << 20, ByteLength - at);
            if (!new ReadOnlySpan<byte>(Data + at, length).SequenceEqual(new ReadOnlySpan<byte>(other.Data + at, length))) return false;
        }

        return true;
    }

    /// <summary>Whole rows of this tensor, as they lie there.</summary>
    /// <param name="name">Of the part.</param>
    /// <param name="first">First element; a multiple of a row.</param>
    /// <param name="shape">Of the part.</param>
    internal Tensor Part(string name, long first, ImmutableArray<long> shape)
    {
        long count = 1;
        foreach (var size in shape) count = checked(count * size);
        if (first < 0 || first > Count - count) throw new ArgumentOutOfRangeException(nameof(first));
        return source is null ? new Tensor(name, DType, shape, Data + DType.ByteLength(first)!.Value, DType.ByteLength(count)!.Value, owner)
            : new Tensor(name, DType, shape, new PartOfTensor(this, first));
    }

    /// <summary>The same tensor under another name or shape.</summary>
    internal Tensor As(string name, ImmutableArray<long> shape) =>
        source is null ? new Tensor(name, DType, shape, Data, ByteLength, owner) : new Tensor(name, DType, shape, source);

    /// <summary>Throws where the checkpoint has been closed: the mapping is gone then.</summary>
    internal void RequireOpen()
    {
        if (source is not null) source.RequireOpen();
        else ObjectDisposedException.ThrowIf(owner is { IsDisposed: true }, this);
    }

    private bool EqualWhenRead(Tensor other)
    {
        var (mine, theirs) = (new byte[1 << 18], new byte[1 << 18]);
        for (long at = 0; at < ByteLength; at += mine.Length)
        {
            var length = (int)Math.Min(mine.Length, ByteLength - at);
            ReadBytes(at, mine.AsSpan(0, length));
            other.ReadBytes(at, theirs.AsSpan(0, length));
            if (!mine.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length))) return false;
        }
        return true;
    }

    private void RequireOpenRange(long start, int length, long limit)
    {
        RequireOpen();
        if (start < 0 || start > limit - length)
            throw new ArgumentOutOfRangeException(nameof(start), $"{start} … {start + length} of tensor {ProblemList.Quote(Name)}, which has {limit}.");
    }

    private static void WidenBFloat16(ushort* source, Span<float> destination)
    {
        var i = 0;
        fixed (float* target = destination)
        {
            for (; i <= destination.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                var (low, high) = Vector512.Widen(Vector512.Load(source + i));
                (low << 16).AsSingle().Store(target + i);
                (high << 16).AsSingle().Store(target + i + Vector512<uint>.Count);
            }
        }
        for (; i < destination.Length; i++)
            destination[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(source + i, 2)) << 16);
    }

    private static void ReadHalf(byte* source, Span<float> destination)
    {
        // Through an aligned buffer, for the data may start at an odd address.
        Span<Half> block = stackalloc Half[512];
        while (!destination.IsEmpty)
        {
            var part = block[..Math.Min(block.Length, destination.Length)];
            new ReadOnlySpan<byte>(source, part.Length * 2).CopyTo(MemoryMarshal.AsBytes(part));
            TensorPrimitives.ConvertToSingle(part, destination);
            destination = destination[part.Length..];
            source += part.Length * 2;
        }
    }

    private float IntegerOrDoubleToSingle(long index) => DType switch
    {
        DType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(Bytes(index, 8)),
        DType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(index, 8)),
        _ => Integer(index),
    };

    private long Integer(long index) => DType switch
    {
        DType.U8 => Data[index],
        DType.I8 => (sbyte)Data[index],
        DType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(index, 2)),
        DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(Bytes(index, 2)),
        DType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(index, 4)),
        DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(Bytes(index, 4)),
        DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(Bytes(index, 8)),
        DType.U64 => Signed(BinaryPrimitives.ReadUInt64LittleEndian(Bytes(index, 8)), index),
        _ when DType.IsNumeric() || source is not null => throw new InvalidInputException($"Tensor {ProblemList.Quote(Name)} has dtype {DType.FormatName()}; integers are expected."),
        _ => throw new InvalidInputException($"Tensor {ProblemList.Quote(Name)} has dtype {DType.FormatName()}, which is copied and hashed but not computed with. " +
            "Convert it to F32, F16 or BF16 with the program that wrote it."),
    };

    private long Signed(ulong value, long index) => value <= long.MaxValue ? (long)value : throw new InvalidInputException(
        $"Tensor {ProblemList.Quote(Name)} holds {value} at element {index}; integers above {long.MaxValue} are not read.");

    private ReadOnlySpan<byte> Bytes(long index, int size) => new(Data + index * size, size);
}
