using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Assay.Tests.Checkpoints;

/// <summary>The format's rules as plainly as they can be said, slow and allocating at will: the oracle of the mutation tests.</summary>
internal static class ReferenceReader
{
    private static readonly Dictionary<string, int> Bits = new()
    {
        ["BOOL"] = 8, ["U8"] = 8, ["I8"] = 8, ["U16"] = 16, ["I16"] = 16, ["U32"] = 32, ["I32"] = 32, ["U64"] = 64, ["I64"] = 64, ["F16"] = 16, ["BF16"] = 16,
        ["F32"] = 32, ["F64"] = 64, ["F8_E4M3"] = 8, ["F8_E5M2"] = 8, ["F8_E8M0"] = 8, ["F4"] = 4, ["C64"] = 64,
    };

    public static bool Accepts(byte[] file)
    {
        try
        {
            Read(file);
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static void Read(byte[] file)
    {
        Require(file.Length >= 8);
        var length = BitConverter.ToUInt64(file);
        Require(length <= 100_000_000 && length <= (ulong)file.Length - 8);
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file, 8, (int)length);
        Require(text.StartsWith('{') && text.TrimEnd(' ').EndsWith('}'));
        using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
        var ranges = new List<(BigInteger Begin, BigInteger End)>();
        foreach (var entry in json.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                Require(entry.Value.ValueKind == JsonValueKind.Object);
                foreach (var item in entry.Value.EnumerateObject()) Require(item.Name is not null && item.Value.ValueKind == JsonValueKind.String && item.Value.GetString() is not null);
                continue;
            }
            Require(entry.Value.ValueKind == JsonValueKind.Object && entry.Value.EnumerateObject().Count() == 3);
            var shape = Integers(entry.Value.GetProperty("shape"));
            var offsets = Integers(entry.Value.GetProperty("data_offsets"));
            Require(shape.Length <= 64 && offsets.Length == 2);
            Require(shape.Where(s => s > 0).Aggregate(BigInteger.One, (a, b) => a * b) <= long.MaxValue);
            Require((offsets[1] - offsets[0]) * 8 == shape.Aggregate(BigInteger.One, (a, b) => a * b) * Bits[entry.Value.GetProperty("dtype").GetString()!]);
            ranges.Add((offsets[0], offsets[1]));
        }
        BigInteger position = 0;
        foreach (var (begin, end) in ranges.Order())
        {
            Require(begin == position && end >= begin);
            position = end;
        }
        Require(position == (ulong)file.Length - 8 - length);
    }

    private static BigInteger[] Integers(JsonElement list)
    {
        Require(list.ValueKind == JsonValueKind.Array);
        return list.EnumerateArray().Select(item =>
        {
            Require(item.ValueKind == JsonValueKind.Number && item.GetRawText().All(char.IsAsciiDigit));
            var value = BigInteger.Parse(item.GetRawText());
            Require(value <= long.MaxValue);
            return value;
        }).ToArray();
    }

    private static void Require(bool condition)
    {
        if (!condition) throw new FormatException();
    }
}
