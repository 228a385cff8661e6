using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Assay.Checkpoints.Adapters;

namespace Assay.Checkpoints;

/// <summary>A tensor of a checkpoint's file, or one computed from such while it is read. Nothing is read before it is asked for.</summary>
/// <remarks>Valid as long as its checkpoint is open. Offsets are <see cref="long"/>: a tensor may be larger than a span can be,
/// so it is read by rows or blocks. Data may start at an odd address. Where another process shortens the file, the next read of the lost part throws
/// an <see cref="InvalidInputException"/> that names the file; a checkpoint that is changed while in use gives mixed values.</remarks>
public sealed unsafe class Tensor
{
    private const int PieceBytes = 1 << 15;

    private readonly StoredFile? owner;
    private readonly long offset; // Of the first byte in the owner.
    private readonly TensorSource? source;

    /// <summary>A tensor in memory.</summary>
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

    /// <summary>A tensor of a file.</summary>
    internal Tensor(string name, DType dtype, ImmutableArray<long> shape, StoredFile owner, long offset, long byteLength)
        : this(name, dtype, shape, null, byteLength) => (this.owner, this.offset) = (owner, offset);

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

    /// <summary>First byte in memory; may be odd. Null where the tensor is in a file or computed.</summary>
    internal byte* Data { get; }

    /// <summary>Whether its elements stand one by one in a file or in memory, so that rows of them can be taken as they are.</summary>
    internal bool IsStored => source is null && !DType.IsBlock();

    /// <summary>The tensor whose transpose this one is, if it was made so: whoever wants columns reads that one's rows.</summary>
    internal Tensor? TransposeOf => (source as TransposedRows)?.Inner;

    /// <summary>Where its bytes stand in a file; null where the tensor is computed.</summary>
    internal (string Path, long Offset)? Place => owner is null ? null : (owner.Path, offset);

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
            case DType.F32:
                Stored(start * 4, MemoryMarshal.AsBytes(destination));
                break;
            case DType.BF16:
                fixed (ushort* halves = Halves(start, destination)) WidenBFloat16(halves, destination);
                break;
            case DType.F16:
                fixed (ushort* halves = Halves(start, destination)) ReadHalf((byte*)halves, destination);
                break;
            default:
                ReadPieces(start, destination);
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
            Stored(start * 8, MemoryMarshal.AsBytes(destination));
            return;
        }
        // Every value of these is a float32; a whole number may need all of a float64.
        if (source is not null || DType.IsBlock() || DType is DType.F32 or DType.F16 or DType.BF16)
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
        Span<byte> bytes = stackalloc byte[8];
        for (var i = 0; i < destination.Length; i++) destination[i] = DType == DType.U64 ? BinaryPrimitives.ReadUInt64LittleEndian(Element(start + i, bytes))
            : Integer(start + i, bytes);
    }

    /// <summary>Reads elements of an integer type.</summary>
    /// <param name="start">First element, in C order.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="InvalidInputException">Not an integer type, or a U64 above 2⁶³ − 1.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Outside the tensor.</exception>
    public void ReadInt64(long start, Span<long> destination)
    {
        RequireOpenRange(start, destination.Length, Count);
        Span<byte> bytes = stackalloc byte[8];
        for (var i = 0; i < destination.Length; i++) destination[i] = Integer(start + i, bytes);
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
        Stored(offset, destination);
    }

    /// <summary>Whether another tensor has the same type, shape and bytes.</summary>
    internal bool HoldsTheBytesOf(Tensor other)
    {
        if (DType != other.DType || !Shape.AsSpan().SequenceEqual(other.Shape.AsSpan())) return false;
        RequireOpen();
        other.RequireOpen();
        if (source is null && other.source is null && owner is not null && owner == other.owner && offset == other.offset) return true;
        return EqualWhenRead(other);
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
        if (source is not null) return new Tensor(name, DType, shape, new PartOfTensor(this, first));
        var (skipped, length) = (DType.ByteLength(first)!.Value, DType.ByteLength(count)!.Value);
        return owner is null ? new Tensor(name, DType, shape, Data + skipped, length) : new Tensor(name, DType, shape, owner, offset + skipped, length);
    }

    /// <summary>The same tensor under another name or shape.</summary>
    internal Tensor As(string name, ImmutableArray<long> shape) =>
        source is not null ? new Tensor(name, DType, shape, source) : owner is null ? new Tensor(name, DType, shape, Data, ByteLength)
            : new Tensor(name, DType, shape, owner, offset, ByteLength);

    /// <summary>Throws where the checkpoint has been closed.</summary>
    internal void RequireOpen()
    {
        if (source is not null) source.RequireOpen();
        else ObjectDisposedException.ThrowIf(owner is { IsDisposed: true }, this);
    }

    private bool EqualWhenRead(Tensor other)
    {
        var (mine, others) = (ArrayPool<byte>.Shared.Rent(1 << 18), ArrayPool<byte>.Shared.Rent(1 << 18));
        try
        {
            for (long at = 0; at < ByteLength; at += 1 << 18)
            {
                var length = (int)Math.Min(1 << 18, ByteLength - at);
                ReadBytes(at, mine.AsSpan(0, length));
                other.ReadBytes(at, others.AsSpan(0, length));
                if (!mine.AsSpan(0, length).SequenceEqual(others.AsSpan(0, length))) return false;
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(mine);
            ArrayPool<byte>.Shared.Return(others);
        }
    }

    /// <summary>Stored bytes, from the file or from memory.</summary>
    private void Stored(long at, Span<byte> destination)
    {
        if (owner is not null) owner.Read(offset + at, destination);
        else new ReadOnlySpan<byte>(Data + at, destination.Length).CopyTo(destination);
    }

    /// <summary>Values of 16 bits in the second half of where they are to be widened: from the first on, no value is written over before it is read.</summary>
    private Span<ushort> Halves(long start, Span<float> destination)
    {
        var halves = MemoryMarshal.Cast<float, ushort>(destination)[destination.Length..];
        Stored(start * 2, MemoryMarshal.AsBytes(halves));
        return halves;
    }

    /// <summary>Blocks, whole numbers and float64, through a buffer.</summary>
    private void ReadPieces(long start, Span<float> destination)
    {
        var (elements, size) = DType.IsBlock() ? (DType.BlockElements(), DType.BlockBytes()) : (1, (DType.Bits() + 7) / 8);
        // Refuses what is carried only.
        if (!DType.IsBlock() && DType != DType.F64 && DType != DType.U64) _ = destination.IsEmpty ? 0 : Integer(start, stackalloc byte[8]);
        var together = Math.Max(1, PieceBytes / size) * elements;
        var bytes = ArrayPool<byte>.Shared.Rent(PieceBytes + size);
        try
        {
            while (!destination.IsEmpty)
            {
                var first = start / elements;
                var part = destination[..(int)Math.Min(destination.Length, first * elements + together - start)];
                var last = (start + part.Length - 1) / elements;
                var piece = bytes.AsSpan(0, (int)(last - first + 1) * size);
                Stored(first * size, piece);
                fixed (byte* data = piece)
                {
                    if (DType.IsBlock()) BlockDecoder.Read(DType, data, start - first * elements, part);
                    else
                        for (var i = 0; i < part.Length; i++) part[i] = IntegerOrDoubleToSingle(piece[(i * size)..], start + i);
                }
                start += part.Length;
                destination = destination[part.Length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
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

    private float IntegerOrDoubleToSingle(ReadOnlySpan<byte> bytes, long index) => DType switch
    {
        DType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        DType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => Integer(bytes, index),
    };

    private long Integer(long index, Span<byte> bytes) => Integer(Element(index, bytes), index);

    private long Integer(ReadOnlySpan<byte> bytes, long index) => DType switch
    {
        DType.U8 => bytes[0],
        DType.I8 => (sbyte)bytes[0],
        DType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        DType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        DType.U64 => Signed(BinaryPrimitives.ReadUInt64LittleEndian(bytes), index),
        _ when DType.IsNumeric() || source is not null => throw new InvalidInputException($"Tensor {ProblemList.Quote(Name)} has dtype {DType.FormatName()}; integers are expected."),
        _ => throw new InvalidInputException($"Tensor {ProblemList.Quote(Name)} has dtype {DType.FormatName()}, which is copied and hashed but not computed with. " +
            "Convert it to F32, F16 or BF16 with the program that wrote it."),
    };

    private long Signed(ulong value, long index) => value <= long.MaxValue ? (long)value : throw new InvalidInputException(
        $"Tensor {ProblemList.Quote(Name)} holds {value} at element {index}; integers above {long.MaxValue} are not read.");

    /// <summary>The bytes of one element of a type without blocks.</summary>
    private ReadOnlySpan<byte> Element(long index, Span<byte> bytes)
    {
        if (source is not null || DType.IsBlock()) return bytes; // Refused by who asks for whole numbers.
        var size = Math.Min(bytes.Length, DType.Bits() / 8);
        Stored(index * size, bytes[..size]);
        return bytes;
    }
}
