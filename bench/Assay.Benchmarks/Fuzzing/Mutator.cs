using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Assay.Benchmarks.Fuzzing;

/// <summary>Damages a file in one to four ways: bits, lengths, numbers, strings, members of JSON objects, nesting.</summary>
/// <param name="seeds">Whole files of one format; parts of one are spliced into another.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds)
{
    private const int MostBytes = 1 << 20;

    private static readonly string[] Numbers =
        ["0", "-1", "1", "2", "3", "255", "256", "65535", "65536", "16777215", "16777216", "2147483647", "2147483648", "-2147483648", "4294967296",
            "9223372036854775807", "9223372036854775808", "1e308", "1e400", "-1e308", "1e-400", "0.5", "NaN", "Infinity", "01", "1.", "-"];

    private static readonly string[] Strings =
        ["", "\\ud800", "\\udc00\\ud800", "\\u0000", "\0", "\n", "\\n", "\\", "\"", "a/../../b", "..", "/", "🙂", "\u202e", "ﷺ", "\u0301", "%s", "{{", "null",
            "a b", "<0x0A>", "Ġ", "▁"];

    private static readonly string[] Pieces =
    [
        "[", "]", "{", "}", ",", ":", "\"", "null", "true", "false", "[]", "{}", "\"\"", "//", "/*", " ", "\n", "\r\n", "\t", "---\n", "&a ", "*a", "!!int ",
            "? ", "- ", "|", ">", "'", "#", "%", "=",
        "{{", "}}", "{%", "%}", "{#", "#}", "(", ")", " if ", " else ", " for ", " in ", " * 99999", " ~ ", " is ", " not ", "|tojson", "|replace('a','aa')",
            "{% for i in range(99999) %}", "{% endfor %}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% set ns = namespace(x=[]) %}",
        "(?:", "(?i:", "(?=", "(?!", "[^", "+", "*", "?", "{1,1000}", "{0,}", "\\p{L}", "\\s", ".", "^", "$", "|", "(a|a)*", ",,", "\"a\",\"b\"",
    ];

    private static readonly string[] Bombs = ["[", "{\"a\":", "{", "(", "(?:", "not ", "-", "[[", "{% if 1 %}", "{{ (", "&a [", "? ", "- ", "a.", "a|a", "\"",
        "\\", "a: ", "\n ", "a,", "{\"type\":\"Sequence\",\"normalizers\":[", "1+"];

    private readonly IReadOnlyList<(int Start, int End)>[] _members = [.. seeds.Select(Members)];

    /// <summary>One damaged file.</summary>
    public byte[] Mutate(Random random)
    {
        var which = random.Next(seeds.Count);
        var bytes = seeds[which];
        for (var edits = random.Next(2) == 0 ? 1 : random.Next(1, 5); edits > 0 && bytes.Length < MostBytes; edits--)
        {
            // Places of members hold for the file as it was.
            var edited = ReferenceEquals(bytes, seeds[which]) && _members[which].Count > 1 && random.Next(2) == 0 ? Member(bytes, _members[which], random)
                : Edit(bytes, random);
            bytes = edited;
        }

        return random.Next(2) == 0 ? WithLength(bytes, seeds[which]) : bytes;
    }

    // Where a file begins with the length of a header of JSON (safetensors), the length is made right again, so that damage of the header gets past the first
    // check.
    private static byte[] WithLength(byte[] bytes, byte[] seed)
    {
        if (bytes.Length < 9 || seed.Length < 9 || seed[8] != '{' || ReferenceEquals(bytes, seed)) return bytes;
        var length = BinaryPrimitives.ReadInt64LittleEndian(seed);
        if (length < 2 || length > seed.Length - 8) return bytes;
        var edited = (byte[])bytes.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(edited, length + bytes.Length - seed.Length);
        return edited;
    }

    private byte[] Edit(byte[] bytes, Random random)
    {
        if (bytes.Length == 0) return Insert(bytes, 0, Piece(random));
        var at = random.Next(bytes.Length);
        switch (random.Next(14))
        {
            case 0:
                var flipped = (byte[])bytes.Clone();
                for (var i = random.Next(1, 5); i > 0; i--) flipped[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return random.Next(4) == 0 ? bytes[..at] : Insert(bytes, at, [(byte)random.Next(256)]);
            case 2:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length + 1);
                return Insert(bytes, at, other[from..Math.Min(other.Length, from + random.Next(200))]);
            case 3:
                return Replace(bytes, at, Math.Min(bytes.Length, at + random.Next(1, 40)), []);
            case 4 or 5:
                return Run(bytes, at, b => b is >= (byte)'0' and <= (byte)'9' or (byte)'.' or (byte)'-') is var (start, end) && end > start
                    ? Replace(bytes, start, end, Encoding.UTF8.GetBytes(Numbers[random.Next(Numbers.Length)])) : Integer(bytes, random);
            case 6 or 12 or 13:
                var open = Array.IndexOf(bytes, (byte)'"', at);
                var close = open < 0 ? -1 : Array.IndexOf(bytes, (byte)'"', open + 1);
                return close < 0 ? Integer(bytes, random) : Replace(bytes, open + 1, close, Text(random));
            case 7:
                return Insert(bytes, at, Piece(random));
            case 8:
                return Replace(bytes, at, Math.Min(bytes.Length, at + random.Next(1, 12)), Piece(random));
            case 9:
                var count = random.Next(20) == 0 ? random.Next(20_000) : random.Next(200);
                return Insert(bytes, at, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Bombs[random.Next(Bombs.Length)], count))));
            case 10:
                var part = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 60))];
                return Insert(bytes, at, [.. Enumerable.Repeat(part, random.Next(10) == 0 ? random.Next(2, 2000) : random.Next(2, 20)).SelectMany(p => p)]);
            default:
                return Integer(bytes, random);
        }
    }

    // Duplicates, moves, exchanges or drops a member of an object or an element of a list.
    private static byte[] Member(byte[] bytes, IReadOnlyList<(int Start, int End)> members, Random random)
    {
        var (start, end) = members[random.Next(members.Count)];
        var (otherStart, otherEnd) = members[random.Next(members.Count)];
        var member = bytes[start..end];
        byte[] comma = [(byte)','];
        switch (random.Next(4))
        {
            case 0:
                return Insert(bytes, start, [.. Enumerable.Repeat(member.Concat(comma), random.Next(10) == 0 ? random.Next(1, 500) : 1).SelectMany(m => m)]);
            case 1:
                // With the comma after it.
                return Replace(bytes, start, end < bytes.Length && bytes[end] == ',' ? end + 1 : end, []);
            case 2:
                return Insert(bytes, otherStart, [.. member, .. comma]);
            default:
                return Replace(bytes, otherStart, otherEnd, member);
        }
    }

    // A binary number of four or eight bytes becomes an awkward one.
    private static byte[] Integer(byte[] bytes, Random random)
    {
        if (bytes.Length < 8) return bytes;
        var edited = (byte[])bytes.Clone();
        ulong[] awkward = [0, 1, 2, 255, 65535, 1 << 20, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 61, long.MaxValue, 1UL << 63, ulong.MaxValue,
            ulong.MaxValue - 31, 0x7FC00000, 0x7F800000];
        var value = awkward[random.Next(awkward.Length)];
        // Counts and lengths stand at the beginning.
        var at = random.Next(random.Next(3) == 0 ? Math.Min(32, bytes.Length - 7) : bytes.Length - 7);
        if (random.Next(2) == 0) BinaryPrimitives.WriteUInt64LittleEndian(edited.AsSpan(at), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(edited.AsSpan(at), (uint)value);
        return edited;
    }

    private static byte[] Text(Random random) => Encoding.UTF8.GetBytes(random.Next(10) == 0
        ? string.Concat(Enumerable.Repeat(Strings[random.Next(Strings.Length)], random.Next(5000)))
        : Strings[random.Next(Strings.Length)] + Strings[random.Next(Strings.Length)]);

    private static byte[] Piece(Random random) => Encoding.UTF8.GetBytes(random.Next(4) == 0 ? Strings[random.Next(Strings.Length)]
        : Pieces[random.Next(Pieces.Length)]);

    private static byte[] Insert(byte[] bytes, int at, byte[] part) => Replace(bytes, at, at, part);

    private static byte[] Replace(byte[] bytes, int start, int end, byte[] part) => [.. bytes.AsSpan(0, start), .. part, .. bytes.AsSpan(end)];

    private static (int Start, int End) Run(byte[] bytes, int at, Func<byte, bool> isPart)
    {
        var start = at;
        while (start < bytes.Length && !isPart(bytes[start])) start++;
        var end = start;
        while (end < bytes.Length && isPart(bytes[end])) end++;
        return (start, end);
    }

    // Where every member of an object and element of a list stands; none where the file is no JSON. Of long lists the first are enough.
    private static List<(int Start, int End)> Members(byte[] bytes)
    {
        const int most = 2000;
        List<(int, int)> members = [];
        try
        {
            var reader = new Utf8JsonReader(bytes);
            Stack<int> open = new();
            var name = -1;
            while (reader.Read() && members.Count < most)
            {
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = start;
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push(name >= 0 ? name : start);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        if (open.Pop() is var begun && open.Count > 0) members.Add((begun, (int)reader.BytesConsumed));
                        break;
                    default:
                        if (open.Count > 0) members.Add((name >= 0 ? name : start, (int)reader.BytesConsumed));
                        break;
                }

                name = -1;
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return members;
    }
}
