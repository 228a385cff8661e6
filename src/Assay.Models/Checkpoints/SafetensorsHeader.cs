using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Assay.Checkpoints;

/// <summary>One tensor of a header. Begin and end count from the first byte after the header.</summary>
internal readonly record struct HeaderEntry(string Name, DType DType, ImmutableArray<long> Shape, long Begin, long End);

/// <summary>Reads and checks a safetensors header (https://github.com/huggingface/safetensors, "Format").</summary>
/// <remarks>What it allocates is bounded by the header, which is bounded by the file: nothing is sized by a number found in it.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header in bytes, as in the reference implementation.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>Most dimensions; PyTorch and NumPy have the same limit.</summary>
    public const int MaxRank = 64;

    private readonly string file;
    private readonly ProblemList problems = new();

    private SafetensorsHeader(string file) => this.file = file;

    /// <summary>In the order of their data, which is the order in which the file is read.</summary>
    public List<HeaderEntry> Entries { get; } = [];

    /// <summary>The <c>__metadata__</c> object in its own order; empty where there is none.</summary>
    public OrderedDictionary<string, string> Metadata { get; } = [];

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The header's bytes, padding included.</param>
    /// <param name="dataLength">Bytes after the header.</param>
    /// <param name="file">The file's name for messages.</param>
    /// <exception cref="InvalidInputException">Any rule is violated; all problems at once unless the JSON itself is broken.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        var header = new SafetensorsHeader(file);
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new InvalidInputException($"{file}: the header starts with {(json.IsEmpty ? "nothing" : $"byte 0x{json[0]:x2}")}; a JSON object starting with '{{' is expected. This is no safetensors file.");
        if (!Utf8.IsValid(json))
            throw new InvalidInputException($"{file}: the header is not valid UTF-8. The file is damaged; fetch it again.");
        // The reader takes any white space after the object; the format takes spaces only.
        var text = json.TrimEnd((byte)' ');
        if (text[^1] != (byte)'}')
            throw new InvalidInputException($"{file}: the header ends in byte 0x{text[^1]:x2}; a JSON object padded with spaces is expected. The file is damaged; fetch it again.");
        try
        {
            header.ReadObject(text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair, which is no text.
            throw new InvalidInputException($"{file}: the header is not valid JSON: {ProblemList.Quote(e.Message)}. The file is damaged; fetch it again.", e);
        }
        header.CheckLayout(dataLength);
        header.problems.ThrowIfAny();
        return header;
    }

    private void ReadObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name)) Problem(name == "__metadata__" ? "'__metadata__' is there twice" : $"tensor {ProblemList.Quote(name)} is there twice", "each key once");
            reader.Read();
            if (name == "__metadata__") ReadMetadata(ref reader);
            else ReadEntry(name, ref reader);
        }
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Problem($"'__metadata__' is {Kind(reader.TokenType)}", "an object of strings");
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                Problem($"'__metadata__' key {ProblemList.Quote(key)} is {Kind(reader.TokenType)}", "a string");
                reader.Skip();
            }
            else if (!Metadata.TryAdd(key, reader.GetString()!)) Problem($"'__metadata__' key {ProblemList.Quote(key)} is there twice", "each key once");
        }
    }

    private void ReadEntry(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Problem(name, $"is {Kind(reader.TokenType)}", "an object with dtype, shape and data_offsets");
            reader.Skip();
            return;
        }
        DType? dtype = null;
        long[]? shape = null, offsets = null;
        bool sawDType = false, sawShape = false, sawOffsets = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isDType = reader.ValueTextEquals("dtype"u8);
            var isShape = reader.ValueTextEquals("shape"u8);
            var isOffsets = reader.ValueTextEquals("data_offsets"u8);
            if (isDType ? sawDType : isShape ? sawShape : isOffsets && sawOffsets)
                Problem(name, $"has {(isDType ? "dtype" : isShape ? "shape" : "data_offsets")} twice", "each key once");
            sawDType |= isDType;
            sawShape |= isShape;
            sawOffsets |= isOffsets;
            if (!isDType && !isShape && !isOffsets) Problem(name, $"has the key {ProblemList.Quote(reader.GetString()!)}", "dtype, shape and data_offsets only");
            reader.Read();
            if (isDType) dtype = ReadDType(name, ref reader);
            else if (isShape) shape = ReadIntegers(name, "shape", MaxRank, ref reader);
            else if (isOffsets) offsets = ReadIntegers(name, "data_offsets", 2, ref reader);
            else reader.Skip();
        }
        if (!sawDType) Problem(name, "has no dtype", "one of " + DTypeFormat.Names);
        if (!sawShape) Problem(name, "has no shape", "a list of sizes");
        if (!sawOffsets) Problem(name, "has no data_offsets", "[begin, end]");
        if (dtype is null || shape is null || offsets is null) return;
        CheckEntry(name, dtype.Value, shape, offsets);
    }

    private DType? ReadDType(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var text = reader.GetString()!;
            if (DTypeFormat.TryParse(text, out var dtype)) return dtype;
            Problem(name, $"has dtype {ProblemList.Quote(text)}", "one of " + DTypeFormat.Names);
            return null;
        }
        Problem(name, $"has a dtype that is {Kind(reader.TokenType)}", "one of " + DTypeFormat.Names);
        reader.Skip();
        return null;
    }

    private long[]? ReadIntegers(string name, string key, int most, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Problem(name, $"has {key} that is {Kind(reader.TokenType)}", "a list of whole numbers");
            reader.Skip();
            return null;
        }
        Span<long> values = stackalloc long[most];
        var count = 0;
        var good = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // The text is looked at too, for -0 parses as an integer.
            if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan[0] != (byte)'-' && reader.TryGetInt64(out var value))
            {
                if (count < most) values[count] = value;
            }
            else
            {
                var text = reader.TokenType == JsonTokenType.Number ? ProblemList.Quote(Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(60, reader.ValueSpan.Length)])) : Kind(reader.TokenType);
                if (good) Problem(name, $"has {text} in {key}", $"whole numbers from 0 to {long.MaxValue}");
                good = false;
                reader.Skip();
            }
            count++;
        }
        if (count > most || (key == "data_offsets" && count != 2))
        {
            Problem(name, $"has {count} numbers in {key}", key == "shape" ? $"at most {MaxRank}" : "[begin, end]");
            return null;
        }
        return good ? values[..count].ToArray() : null;
    }

    private void CheckEntry(string name, DType dtype, long[] shape, long[] offsets)
    {
        // Sizes of 0 are left out, so that no product of a part of the sizes can overflow later on.
        Int128 nonZero = 1;
        foreach (var size in shape)
        {
            if (size == 0) continue;
            nonZero *= size;
            if (nonZero <= long.MaxValue) continue;
            Problem(name, $"has shape {ProblemList.Format(shape)}", $"at most {long.MaxValue} elements");
            return;
        }
        var count = shape.Contains(0) ? 0 : (long)nonZero;
        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end)
        {
            Problem(name, $"has data_offsets [{begin}, {end}], the end before the begin", "begin ≤ end");
            return;
        }
        if (dtype.ByteLength(count) is not { } length)
        {
            Problem(name, $"has {count} elements of {dtype.FormatName()}", "a number of elements that fills whole bytes and is below 2^63 bytes");
            return;
        }
        if (end - begin != length)
        {
            Problem(name, $"has dtype {dtype.FormatName()} and shape {ProblemList.Format(shape)}, which take {length} bytes", $"the {end - begin} bytes of data_offsets [{begin}, {end}]");
            return;
        }
        Entries.Add(new HeaderEntry(name, dtype, [.. shape], begin, end));
    }

    private void CheckLayout(long dataLength)
    {
        // Stable, so that empty tensors, which may share an offset, keep the header's order.
        var sorted = Entries.OrderBy(entry => (entry.Begin, entry.End)).ToArray();
        Entries.Clear();
        Entries.AddRange(sorted);
        foreach (var entry in Entries)
        {
            if (entry.End > dataLength)
                Problem(entry.Name, $"has data_offsets [{entry.Begin}, {entry.End}]", $"offsets up to {dataLength}, the bytes after the header; the file may be cut short");
        }
        // Holes and overlaps are told only of a header that is right so far: a dropped entry would look like a hole.
        if (problems.Any) return;
        long position = 0;
        HeaderEntry previous = default;
        foreach (var entry in Entries)
        {
            if (entry.Begin < position) Problem(entry.Name, $"overlaps {ProblemList.Quote(previous.Name)}: it begins at {entry.Begin}", $"a begin of {position}");
            else if (entry.Begin > position) Problem(entry.Name, $"leaves a hole: it begins at {entry.Begin}", $"a begin of {position}; every byte belongs to a tensor");
            if (entry.End < position) continue;
            position = entry.End;
            previous = entry;
        }
        if (position < dataLength) Problem($"{dataLength - position} bytes after the last tensor belong to none", $"the file to end at byte {position} of the data");
    }

    private void Problem(string name, string found, string expected)
    {
        if (problems.Full) problems.AddUncomposed();
        else Problem($"tensor {ProblemList.Quote(name)} {found}", expected);
    }

    private void Problem(string found, string expected)
    {
        if (problems.Full) problems.AddUncomposed();
        else problems.Add($"{file}: {found}; expected: {expected}. The file is damaged or not written as safetensors; fetch or convert it again.");
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };
}
