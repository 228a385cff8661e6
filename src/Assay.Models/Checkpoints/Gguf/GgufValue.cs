using System.Buffers.Binary;
using System.Text;

namespace Assay.Checkpoints.Gguf;

/// <summary>One metadata value where it lies in the file: nothing is copied before it is asked for.</summary>
internal sealed unsafe class GgufValue
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly StoredFile file;
    private readonly byte* data;

    /// <param name="file">That holds it.</param>
    /// <param name="key">Its key.</param>
    /// <param name="type">Of the value.</param>
    /// <param name="elementType">Of a list's elements; else the value's.</param>
    /// <param name="count">Elements of a list; else 1.</param>
    /// <param name="data">First byte of the value, or of a list's first element.</param>
    public GgufValue(StoredFile file, string key, GgufValueType type, GgufValueType elementType, long count, byte* data)
    {
        this.file = file;
        this.data = data;
        Key = key;
        Type = type;
        ElementType = elementType;
        Count = count;
    }

    public string Key { get; }

    public GgufValueType Type { get; }

    public GgufValueType ElementType { get; }

    public long Count { get; }

    /// <summary>A string.</summary>
    /// <exception cref="InvalidInputException">Of another type, or not UTF-8.</exception>
    public string Text()
    {
        if (Type != GgufValueType.String) throw Wrong("a string");
        var at = data;
        return ReadString(ref at);
    }

    /// <summary>A list of strings.</summary>
    /// <exception cref="InvalidInputException">Of another type, or not UTF-8.</exception>
    public string[] Texts()
    {
        if (Type != GgufValueType.Array || ElementType != GgufValueType.String) throw Wrong("a list of strings");
        // The file has been walked when it was opened: so many strings are there.
        var texts = new string[checked((int)Count)];
        var at = data;
        for (var i = 0; i < texts.Length; i++) texts[i] = ReadString(ref at);
        return texts;
    }

    /// <summary>True or false.</summary>
    /// <exception cref="InvalidInputException">Of another type.</exception>
    public bool Flag() => Type == GgufValueType.Bool ? data[0] != 0 : throw Wrong("true or false");

    /// <summary>A whole number.</summary>
    /// <exception cref="InvalidInputException">Of another type, or beyond 64 bits.</exception>
    public long Whole() => Type != GgufValueType.Array && IsWhole(Type) ? WholeAt(0) : throw Wrong("a whole number");

    /// <summary>A list of whole numbers.</summary>
    /// <exception cref="InvalidInputException">Of another type, or beyond 64 bits.</exception>
    public long[] Wholes()
    {
        if (Type != GgufValueType.Array || !IsWhole(ElementType)) throw Wrong("a list of whole numbers");
        var values = new long[checked((int)Count)];
        for (var i = 0; i < values.Length; i++) values[i] = WholeAt(i);
        return values;
    }

    /// <summary>A list of numbers.</summary>
    /// <exception cref="InvalidInputException">Of another type.</exception>
    public float[] Reals()
    {
        if (Type != GgufValueType.Array || ElementType != GgufValueType.Float32) throw Wrong("a list of float32");
        var values = new float[checked((int)Count)];
        for (var i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadSingleLittleEndian(At(i, 4));
        return values;
    }

    /// <summary>A number as JSON spells it: of float32 the shortest that names it, so that 1e-6 is 1e-6 again.</summary>
    /// <exception cref="InvalidInputException">Of another type, or not finite.</exception>
    public string Number()
    {
        if (Type == GgufValueType.Float32 && BinaryPrimitives.ReadSingleLittleEndian(At(0, 4)) is var single)
            return float.IsFinite(single) ? single.ToString("R").Replace('E', 'e') : throw Wrong("a finite number");
        if (Type == GgufValueType.Float64 && BinaryPrimitives.ReadDoubleLittleEndian(At(0, 8)) is var number)
            return double.IsFinite(number) ? number.ToString("R").Replace('E', 'e') : throw Wrong("a finite number");
        return Whole().ToString();
    }

    /// <summary>The value as it may stand in a message.</summary>
    public string Show() => Type switch
    {
        GgufValueType.String => ProblemList.Quote(Text()),
        GgufValueType.Bool => Flag() ? "true" : "false",
        GgufValueType.Array => $"a list of {Count} ({ElementType})",
        GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(At(0, 4)).ToString("R"),
        GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(At(0, 8)).ToString("R"),
        GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(At(0, 8)).ToString(),
        _ => WholeAt(0).ToString(),
    };

    /// <summary>A refusal that says what was found.</summary>
    public InvalidInputException Wrong(string expected) => new($"{file.Path}: metadata {ProblemList.Quote(Key)} is {Shown()}; expected {expected}. Convert the model again.");

    /// <summary>Bytes of a value of this type; 0 for strings and lists.</summary>
    public static int Size(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    private static bool IsWhole(GgufValueType type) => Size(type) > 0 && type is not (GgufValueType.Bool or GgufValueType.Float32 or GgufValueType.Float64);

    private string Shown()
    {
        try
        {
            return Show();
        }
        catch (InvalidInputException)
        {
            return "no text";
        }
    }

    private ReadOnlySpan<byte> At(long index, int size)
    {
        ObjectDisposedException.ThrowIf(file.IsDisposed, file);
        return new(data + index * size, size);
    }

    private long WholeAt(long index) => ElementType switch
    {
        GgufValueType.UInt8 => At(index, 1)[0],
        GgufValueType.Int8 => (sbyte)At(index, 1)[0],
        GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(At(index, 2)),
        GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(At(index, 2)),
        GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(At(index, 4)),
        GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(At(index, 4)),
        GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(At(index, 8)),
        GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(At(index, 8)) is var value && value <= long.MaxValue ? (long)value : throw Wrong($"at most {long.MaxValue}"),
        _ => throw Wrong("a whole number"),
    };

    private string ReadString(ref byte* at)
    {
        ObjectDisposedException.ThrowIf(file.IsDisposed, file);
        var length = (long)BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(at, 8));
        var bytes = new ReadOnlySpan<byte>(at + 8, checked((int)length));
        at += 8 + length;
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{file.Path}: metadata {ProblemList.Quote(Key)} holds a string that is not UTF-8 (byte {e.Index} of it). Convert the model again.", e);
        }
    }
}
