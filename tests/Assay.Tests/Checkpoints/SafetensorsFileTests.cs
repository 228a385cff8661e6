using System.Text;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>Every rule of the format, each violation with its own message.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private const string A = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private InvalidInputException Refused(byte[] file) => Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(folder.Write("x.safetensors", file)).Dispose());

    private InvalidInputException Refused(string header, int dataLength) => Refused(TemporaryFolder.Safetensors(header, new byte[dataLength]));

    private SafetensorsFile Accepted(string header, params byte[] data) => SafetensorsFile.Open(folder.Write("x.safetensors", TemporaryFolder.Safetensors(header, data)));

    public static TheoryData<string, string, string, int> Violations => new()
    {
        { "a list", "[]", "starts with byte 0x5b", 0 },
        { "white space first", " {}", "starts with byte 0x20", 0 },
        { "an empty header", "", "starts with nothing", 0 },
        { "padding other than spaces", "{}\n", "ends in byte 0x0a", 0 },
        { "a second value", "{}{}", "not valid JSON", 0 },
        { "an unclosed object", "{\"a\":{}", "not valid JSON", 0 },
        { "a trailing comma", "{" + A + ",}", "not valid JSON", 2 },
        { "a comment", "{/**/" + A + "}", "not valid JSON", 2 },
        { "nesting without end", "{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}", "not valid JSON", 0 },
        { "half a surrogate pair", "{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", "not valid JSON", 0 },
        { "a tensor twice", "{" + A + "," + A + "}", "tensor 'a' is there twice", 2 },
        { "a tensor twice, spelt differently", "{" + A + "," + A.Replace("\"a\"", "\"\\u0061\"") + "}", "tensor 'a' is there twice", 2 },
        { "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}," + A + "}", "'__metadata__' is there twice", 2 },
        { "a metadata key twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}," + A + "}", "key 'k' is there twice", 2 },
        { "a metadata number", "{\"__metadata__\":{\"k\":1}," + A + "}", "key 'k' is a number", 2 },
        { "a metadata object", "{\"__metadata__\":{\"k\":{}}," + A + "}", "key 'k' is an object", 2 },
        { "metadata that is a list", "{\"__metadata__\":[]," + A + "}", "'__metadata__' is a list", 2 },
        { "an entry that is null", "{\"a\":null}", "tensor 'a' is null", 0 },
        { "a dtype twice", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", "has dtype twice", 2 },
        { "a shape twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,2]}}", "has shape twice", 2 },
        { "offsets twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2],\"data_offsets\":[0,2]}}", "has data_offsets twice", 2 },
        { "an unknown key", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2],\"strides\":[1]}}", "has the key 'strides'", 2 },
        { "no dtype", "{\"a\":{\"shape\":[2],\"data_offsets\":[0,2]}}", "has no dtype", 2 },
        { "no shape", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,2]}}", "has no shape", 2 },
        { "no offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2]}}", "has no data_offsets", 2 },
        { "an unknown dtype", "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,2]}}", "has dtype 'F31'", 2 },
        { "a dtype in lower case", "{\"a\":{\"dtype\":\"u8\",\"shape\":[2],\"data_offsets\":[0,2]}}", "has dtype 'u8'", 2 },
        { "a dtype that is a number", "{\"a\":{\"dtype\":8,\"shape\":[2],\"data_offsets\":[0,2]}}", "a dtype that is a number", 2 },
        { "a negative size", "{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}}", "has '-2' in shape", 2 },
        { "minus zero", "{\"a\":{\"dtype\":\"U8\",\"shape\":[-0],\"data_offsets\":[0,0]}}", "has '-0' in shape", 0 },
        { "a fractional size", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2.0],\"data_offsets\":[0,2]}}", "has '2.0' in shape", 2 },
        { "a size with exponent", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2e0],\"data_offsets\":[0,2]}}", "has '2e0' in shape", 2 },
        { "a size beyond 2^63", "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775808],\"data_offsets\":[0,2]}}", "in shape", 2 },
        { "a size that is text", "{\"a\":{\"dtype\":\"U8\",\"shape\":[\"2\"],\"data_offsets\":[0,2]}}", "has a string in shape", 2 },
        { "a nested shape", "{\"a\":{\"dtype\":\"U8\",\"shape\":[[2]],\"data_offsets\":[0,2]}}", "has a list in shape", 2 },
        { "a shape that is a number", "{\"a\":{\"dtype\":\"U8\",\"shape\":2,\"data_offsets\":[0,2]}}", "has shape that is a number", 2 },
        { "65 dimensions", "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat(1, 65)) + "],\"data_offsets\":[0,1]}}", "has 65 numbers in shape", 1 },
        { "a product that overflows to the right size", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", "at most 9223372036854775807 elements", 0 },
        { "an overflow hidden by a zero", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]}}", "at most 9223372036854775807 elements", 0 },
        { "bytes that overflow", "{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", "below 2^63 bytes", 0 },
        { "an odd number of 4-bit elements", "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}", "fills whole bytes", 2 },
        { "too few bytes for the shape", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "take 8 bytes", 4 },
        { "an end before the begin", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", "the end before the begin", 2 },
        { "three offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2,2]}}", "has 3 numbers in data_offsets", 2 },
        { "one offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0]}}", "has 1 numbers in data_offsets", 2 },
        { "a negative offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[-2,0]}}", "has '-2' in data_offsets", 2 },
        { "offsets beyond the file", "{" + A + "}", "offsets up to 1", 1 },
        { "offsets near 2^63", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[9223372036854775805,9223372036854775807]}}", "offsets up to 2", 2 },
        { "an overlap", "{" + A + "," + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", "tensor 'b' overlaps 'a'", 3 },
        { "an alias", "{" + A + "," + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", "tensor 'b' overlaps 'a'", 2 },
        { "an empty tensor inside another", "{" + A + "," + "\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]}}", "tensor 'b' overlaps 'a'", 2 },
        { "a hole at the start", "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", "leaves a hole: it begins at 1", 3 },
        { "a hole between", "{" + A + "," + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}", "leaves a hole: it begins at 3", 5 },
        { "trailing bytes", "{" + A + "}", "1 bytes after the last tensor", 3 },
        { "data without tensors", "{}", "3 bytes after the last tensor", 3 },
    };

    [Theory, MemberData(nameof(Violations))]
    public void A_violation_is_refused_with_its_own_message(string violation, string header, string expected, int dataLength)
    {
        var refusal = Refused(header, dataLength);
        Assert.True(refusal.Message.Contains(expected, StringComparison.Ordinal), $"{violation}: {refusal.Message}");
        Assert.StartsWith(folder["x.safetensors"], refusal.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_of_a_header_are_told_at_once() =>
        Assert.Equal(3, Refused("{\"a\":{\"dtype\":\"X\",\"shape\":[1.5],\"data_offsets\":[0,2]},\"b\":7}", 2).Problems.Count);

    [Fact]
    public void Thousands_of_problems_are_counted_and_only_the_first_told()
    {
        var refusal = Refused("{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"{i}\":7")) + "}", 0);
        Assert.Equal("and 4980 more problems.", refusal.Problems[^1]);
        Assert.Equal(21, refusal.Problems.Count);
    }

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void A_header_longer_than_the_format_allows_is_refused(ulong length) =>
        Assert.Contains($"the header length is {length}; at most 100000000", Refused([.. BitConverter.GetBytes(length), .. "{}"u8]).Message, StringComparison.Ordinal);

    [Fact]
    public void A_header_longer_than_the_file_is_refused() =>
        Assert.Contains("but only 2 bytes follow", Refused([.. BitConverter.GetBytes(3L), .. "{}"u8]).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_too_short_for_a_length_is_refused(int length) => Assert.Contains($"{length} bytes; a safetensors file has at least 10", Refused(new byte[length]).Message, StringComparison.Ordinal);

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        var file = TemporaryFolder.Safetensors("{\"?\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        file[10] = 0xff;
        Assert.Contains("not valid UTF-8", Refused(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_name_cannot_write_to_the_terminal()
    {
        var message = Refused("{\"\\u001b[2J" + new string('x', 10_000) + "\":7}", 0).Message;
        Assert.DoesNotContain('\u001b', message);
        Assert.Contains("'\\u001b[2Jxxx", message, StringComparison.Ordinal);
        Assert.True(message.Length < 1000);
    }

    [Fact]
    public void A_missing_file_and_a_dangling_link_are_refused()
    {
        Assert.Contains("no such file", Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(folder["none.safetensors"])).Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(folder["link.safetensors"], folder["none.safetensors"]);
        Assert.Contains("a link to a file that is not there", Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(folder["link.safetensors"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_refused_without_being_opened() =>
        Assert.Contains("a pipe or a device", Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open("/dev/zero")).Message, StringComparison.Ordinal);

    [Fact]
    public void Empty_and_rank_0_tensors_and_padding_are_legal()
    {
        using var file = Accepted("{\"e\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807],\"data_offsets\":[2,2]},\"s\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]}}   ", 0x80, 0x3f);
        Assert.Equal(["s", "e"], file.Tensors.Select(t => t.Name));
        Assert.Equal([1, 0], file.Tensors.Select(t => t.Count));
        var one = new float[1];
        file.Tensors[0].Read(0, one);
        Assert.Equal(1, one[0]);
    }

    [Fact]
    public void Metadata_keeps_its_order_and_text()
    {
        using var file = Accepted("{" + A + ",\"__metadata__\":{\"z\":\"pt\",\"a\":\"\\u00e9\\n\",\"\":\"\"}}", 1, 2);
        Assert.Equal([new("z", "pt"), new("a", "é\n"), new("", "")], file.Metadata);
    }

    [Fact]
    public void Empty_tensors_that_share_an_offset_keep_the_order_of_the_header()
    {
        var names = Enumerable.Range(0, 100).Select(i => $"t{i * 37 % 100}").ToArray();
        using var file = Accepted("{" + string.Join(',', names.Select(n => $"\"{n}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")) + "}");
        Assert.Equal(names, file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void A_tensor_read_after_closing_is_an_exception_and_no_crash()
    {
        var file = Accepted("{" + A + "}", 1, 2);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].ReadBytes(0, new byte[1]));
    }
}
