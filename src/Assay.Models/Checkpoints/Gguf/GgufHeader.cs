using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Assay.Checkpoints.Gguf;

/// <summary>One tensor of a header: shape outermost first, offset from the start of the data.</summary>
internal readonly record struct GgufEntry(string Name, DType DType, ImmutableArray<long> Shape, long Offset, long Length);

/// <summary>Reads and checks a GGUF header (gguf.md of ggml), version 3 and its little-endian twin 2.</summary>
/// <remarks>What it allocates is bounded by the header's own bytes: nothing is sized by a number found in it. Strings of lists are walked, not read.</remarks>
internal sealed unsafe class GgufHeader
{
    private const int MaxKeyLength = 65535; // As the format says.
    private const int MaxNameLength = 255; // ggml itself holds 63.
    private const int MaxRank = 4;
    private const int MaxStringLength = 1 << 28;
    private const int MaxNesting = 4;
    private const int MaxElements = 1 << 28;

    // By number; those that are not read are named in the refusal.
    private static readonly ImmutableDictionary<uint, DType> Types = new Dictionary<uint, DType>
    {
        [0] = DType.F32, [1] = DType.F16, [2] = DType.Q4_0, [3] = DType.Q4_1, [6] = DType.Q5_0, [7] = DType.Q5_1, [8] = DType.Q8_0,
        [10] = DType.Q2_K, [11] = DType.Q3_K, [12] = DType.Q4_K, [13] = DType.Q5_K, [14] = DType.Q6_K, [30] = DType.BF16,
        [16] = DType.IQ2_XXS, [17] = DType.IQ2_XS, [18] = DType.IQ3_XXS, [19] = DType.IQ1_S, [20] = DType.IQ4_NL, [21] = DType.IQ3_S, [22] = DType.IQ2_S,
            [23] = DType.IQ4_XS, [29] = DType.IQ1_M,
        [34] = DType.TQ1_0, [35] = DType.TQ2_0, [39] = DType.MXFP4,
    }.ToImmutableDictionary();

    private static readonly ImmutableDictionary<uint, string> Unread = new Dictionary<uint, string>
    {
        [4] = "Q4_2", [5] = "Q4_3", [9] = "Q8_1", [15] = "Q8_K", [24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64",
        [31] = "Q4_0_4_4", [32] = "Q4_0_4_8", [33] = "Q4_0_8_8", [36] = "IQ4_NL_4_4", [37] = "IQ4_NL_4_8", [38] = "IQ4_NL_8_8", [40] = "NVFP4", [41] = "Q1_0",
            [42] = "Q2_0",
    }.ToImmutableDictionary();

    private readonly StoredFile file;
    private readonly ProblemList problems = new();
    private long position;

    private GgufHeader(StoredFile file) => this.file = file;

    /// <summary>2 or 3, which differ in nothing that is read here.</summary>
    public uint Version { get; private set; }

    /// <summary>Values by key, in the order of the file.</summary>
    public OrderedDictionary<string, GgufValue> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>In the order of the file, which is that of their data.</summary>
    public List<GgufEntry> Entries { get; } = [];

    /// <summary>Offset of the data in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>What every tensor's offset is a multiple of.</summary>
    public long Alignment { get; private set; } = 32;

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="InvalidInputException">Any rule is violated; where the structure itself is broken at once, else all problems together.</exception>
    public static GgufHeader Parse(StoredFile file)
    {
        var header = new GgufHeader(file);
        header.Read();
        header.problems.ThrowIfAny();
        return header;
    }

    private void Read()
    {
        if (!new ReadOnlySpan<byte>(file.Start, 4).SequenceEqual("GGUF"u8))
            throw new InvalidInputException($"{file.Path}: starts with {Convert.ToHexStringLower(new ReadOnlySpan<byte>(file.Start, 4))}; 'GGUF' is expected. This is no GGUF file.");
        position = 4;
        Version = U32("the version");
        if (Version is not (2 or 3))
        {
            throw new InvalidInputException($"{file.Path}: version {Version}; 3 (or its like, 2) is expected. " +
                (BinaryPrimitives.ReverseEndianness(Version) is 2 or 3 ? "The file is big endian; convert it with gguf_convert_endian.py." : "Convert the model again."));
        }
        // Each tensor takes 24 bytes of the header at least, each value 13.
        var tensors = Count("tensors", 24);
        var values = Count("metadata values", 13);
        for (long i = 0; i < values; i++) ReadValue(i);
        ReadAlignment();
        for (long i = 0; i < tensors; i++) ReadTensor(i);
        DataStart = Padded(position);
        CheckLayout();
    }

    private void ReadValue(long index)
    {
        var what = $"the key of metadata value {index}";
        var key = ReadName(what, MaxKeyLength);
        if (key.Length == 0) problems.Add($"{file.Path}: {what} is empty. Convert the model again.");
        var type = ReadType(key);
        var elementType = type;
        long count = 1;
        if (type == GgufValueType.Array)
        {
            elementType = ReadType(key);
            count = ReadCount(key, elementType);
        }
        var start = position;
        Skip(key, elementType, count, 1);
        // All of it stands behind the address.
        file.LoadHeader(position);
        var value = new GgufValue(file, key, type, elementType, count, file.Start + start);
        if (!Metadata.TryAdd(key, value)) problems.Add(
            $"{file.Path}: metadata {ProblemList.Quote(key)} is there twice; which one counts would be a guess. Convert the model again.");
    }

    private void Skip(string key, GgufValueType type, long count, int depth)
    {
        if (GgufValue.Size(type) is > 0 and var size)
        {
            Require(count * size, $"metadata {ProblemList.Quote(key)}"); // A count is at most 2²⁸.
            if (type == GgufValueType.Bool && new ReadOnlySpan<byte>(file.Start + position, (int)count).ContainsAnyExceptInRange((byte)0, (byte)1))
                problems.Add($"{file.Path}: metadata {ProblemList.Quote(key)} is a truth value of neither 0 nor 1. The file is damaged; fetch it again.");
            position += count * size;
            return;
        }
        for (long i = 0; i < count; i++)
        {
            if (type == GgufValueType.String) SkipString(key);
            else
            {
                if (depth >= MaxNesting) throw new InvalidInputException($"{file.Path}: metadata {ProblemList.Quote(key)} is lists within lists, more than {MaxNesting} deep. The file is damaged; fetch it again.");
                var inner = ReadType(key);
                Skip(key, inner, ReadCount(key, inner), depth + 1);
            }
        }
    }

    private void SkipString(string key)
    {
        var length = U64($"a string of metadata {ProblemList.Quote(key)}");
        if (length > MaxStringLength || (long)length > file.Length - position) throw CutShort($"metadata {ProblemList.Quote(key)} (a string of {length} bytes)");
        position += (long)length;
    }

    private GgufValueType ReadType(string key)
    {
        var type = U32($"the type of metadata {ProblemList.Quote(key)}");
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type
            : throw new InvalidInputException($"{file.Path}: metadata {ProblemList.Quote(key)} is of type {type}; 0 to 12 are known. The file is damaged or newer than version 3; fetch or convert it again.");
    }

    private long ReadCount(string key, GgufValueType elementType)
    {
        var count = U64($"the length of metadata {ProblemList.Quote(key)}");
        // A list within a list takes 12 bytes at least, a string 8.
        var least = elementType switch { GgufValueType.String => 8, GgufValueType.Array => 12, _ => GgufValue.Size(elementType) };
        if (count > MaxElements || (long)count * least > file.Length - position) throw CutShort($"metadata {ProblemList.Quote(key)} (a list of {count})");
        return (long)count;
    }

    private void ReadAlignment()
    {
        if (!Metadata.TryGetValue("general.alignment", out var value)) return;
        var alignment = value.Type == GgufValueType.UInt32 ? value.Whole() : 0;
        if (alignment is > 0 and <= 1 << 20 && (alignment & (alignment - 1)) == 0) Alignment = alignment;
        else problems.Add($"{file.Path}: metadata 'general.alignment' is {value.Show()}; expected a power of two up to {1 << 20}, as u32. Convert the model again.");
    }

    private void ReadTensor(long index)
    {
        var name = ReadName($"the name of tensor {index}", MaxNameLength);
        var what = $"tensor {ProblemList.Quote(name)}";
        var rank = U32($"the rank of {what}");
        if (rank is 0 or > MaxRank) throw new InvalidInputException($"{file.Path}: {what} has {rank} dimensions; 1 to {MaxRank} are expected. The file is damaged; fetch it again.");
        var shape = new long[rank];
        Int128 count = 1;
        var sound = true;
        // The file has the innermost first.
        for (var d = (int)rank - 1; d >= 0; d--)
        {
            var size = U64($"the shape of {what}");
            if (size is 0 or > long.MaxValue || (count *= size) > long.MaxValue)
            {
                sound = false;
                count = 1;
            }
            shape[d] = unchecked((long)size);
        }
        var number = U32($"the type of {what}");
        var offset = U64($"the offset of {what}");
        if (!Types.TryGetValue(number, out var type))
        {
            AddProblem(what, $"has type {(Unread.TryGetValue(number, out var known) ? $"{known} ({number})" : number)}",
                $"one of {string.Join(", ", Types.Values.Select(t => t.FormatName()).Order(StringComparer.Ordinal))}. Use a file quantised to one of these");
            return;
        }
        if (!sound) AddProblem(what, $"has shape {ProblemList.Format(shape)}", "sizes from 1 and fewer than 2^63 elements. The file is damaged; fetch it again");
        else if (shape[^1] % type.BlockElements() != 0) AddProblem(what, $"is of type {type.FormatName()} and has rows of {shape[^1]}", $"whole blocks of {type.BlockElements()}. The file is damaged; fetch it again");
        else if (offset > long.MaxValue) AddProblem(what, $"has offset {offset}", "one inside the file. The file is damaged; fetch it again");
        else if (type.ByteLength((long)count) is not { } length) AddProblem(what, $"has {count} elements", "fewer than 2^63 bytes. The file is damaged; fetch it again");
        else Entries.Add(new GgufEntry(name, type, [.. shape], (long)offset, length));
    }

    /// <summary>One after another, each padded to the alignment, as ggml demands.</summary>
    private void CheckLayout()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Entries)
            if (!names.Add(entry.Name)) AddProblem($"tensor {ProblemList.Quote(entry.Name)}", "is there twice", "each tensor once. Convert the model again");
        if (problems.Any) return;
        var held = Math.Max(0, file.Length - DataStart);
        long expected = 0, end = 0;
        foreach (var entry in Entries)
        {
            var what = $"tensor {ProblemList.Quote(entry.Name)}";
            if (entry.Offset != expected)
            {
                AddProblem(what, $"has offset {entry.Offset}", $"{expected}, the end of the tensor before it, padded. The file is damaged; fetch it again");
                return;
            }
            if (entry.Length > held - entry.Offset)
            {
                AddProblem(what, $"ends at byte {(Int128)entry.Offset + entry.Length} of the data", $"at most {held}, which the file has. The file is cut short; fetch it again");
                return;
            }
            end = entry.Offset + entry.Length;
            expected = Padded(end);
        }
        if (held > expected) AddProblem($"{held - end} bytes after the last tensor", "belong to none", $"the file to end with its data, padded to {Alignment}. The file is damaged; fetch it again");
    }

    private long Padded(long value) => (value + Alignment - 1) & ~(Alignment - 1);

    private string ReadName(string what, int longest)
    {
        var length = U64(what);
        if (length > (ulong)longest) throw new InvalidInputException($"{file.Path}: {what} has {length} bytes; at most {longest} are expected. The file is damaged; fetch it again.");
        Require((long)length, what);
        var bytes = new ReadOnlySpan<byte>(file.Start + position, (int)length);
        if (!Utf8.IsValid(bytes)) throw new InvalidInputException($"{file.Path}: {what} is not UTF-8. The file is damaged; fetch it again.");
        position += (long)length;
        return Encoding.UTF8.GetString(bytes);
    }

    private long Count(string what, int least)
    {
        var count = U64($"the number of {what}");
        return count <= (ulong)((file.Length - position) / least) ? (long)count
            : throw new InvalidInputException($"{file.Path}: {count} {what} are announced, more than the {file.Length} bytes of the file can hold. The file is damaged or cut short; fetch it again.");
    }

    private uint U32(string what)
    {
        Require(4, what);
        position += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(file.Start + position - 4, 4));
    }

    private ulong U64(string what)
    {
        Require(8, what);
        position += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(file.Start + position - 8, 8));
    }

    private void Require(long bytes, string what)
    {
        if (bytes > file.Length - position) throw CutShort(what);
        file.LoadHeader(position + bytes);
    }

    private InvalidInputException CutShort(string what) => new($"{file.Path}: the file ends at byte {file.Length}, within {what}. The file is damaged or cut short; fetch it again.");

    private void AddProblem(string what, string found, string expected)
    {
        if (problems.Full) problems.AddUncomposed();
        else problems.Add($"{file.Path}: {what} {found}; expected: {expected}.");
    }
}
