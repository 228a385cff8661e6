using System.Buffers.Binary;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>Damaged files: a clear error or a whole checkpoint, as the plain reading of the rules says, and never much memory.</summary>
public sealed class MutationTests : IDisposable
{
    private static readonly string[] Tokens =
    [
        "0", "-1", "1", "2", "3", "8", "9223372036854775807", "9223372036854775808", "18446744073709551616", "4294967296", "1e400", "1.5", "null", "true", "\"\"", "[]", "{}", "[[[[[[[[[[", ",", ":",
        "\"F4\"", "\"F64\"", "\"U8\"", "\"BOOL\"", "\"a\"", "\"__metadata__\"", "\"shape\"", "\"dtype\"", "\"data_offsets\"", "\\u0061", "\\ud800", " ", "\n", "//", "\0",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[][] Valid() =>
    [
        TemporaryFolder.Safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 1, 2),
        TemporaryFolder.Safetensors("{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]}}    ", new byte[12]),
        TemporaryFolder.Safetensors("{\"e\":{\"dtype\":\"I64\",\"shape\":[0,3],\"data_offsets\":[0,0]},\"f\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]}}", 9, 9),
        TemporaryFolder.Safetensors("{}"),
        TemporaryFolder.Safetensors("{" + string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"model.layers.{i}.weight\":{{\"dtype\":\"F16\",\"shape\":[3,1],\"data_offsets\":[{6 * i},{6 * i + 6}]}}")) + "}", new byte[240]),
    ];

    private static byte[] Mutate(byte[] valid, int kind, Random random)
    {
        var file = valid.ToList();
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(valid);
        int InHeader() => random.Next(8, headerEnd + 1);
        switch (kind)
        {
            case 0:
                for (var i = random.Next(1, 4); i > 0; i--) file[random.Next(file.Count)] ^= (byte)(1 << random.Next(8));
                return file.ToArray();
            case 1:
                return valid[..random.Next(valid.Length)];
            case 2:
                var length = random.Next(3) switch { 0 => (ulong)random.NextInt64(), 1 => (ulong)random.Next(valid.Length + 20), _ => 100_000_000UL + (ulong)random.Next(3) };
                BinaryPrimitives.WriteUInt64LittleEndian(valid, length);
                return valid;
            case 3:
                file.InsertRange(InHeader(), Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                break;
            case 4:
                // One number of the header becomes another.
                var digits = Enumerable.Range(8, headerEnd - 8).Where(i => char.IsAsciiDigit((char)valid[i])).ToArray();
                if (digits.Length == 0) break;
                var at = digits[random.Next(digits.Length)];
                file.RemoveAt(at);
                file.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(12)]));
                break;
            case 5:
                var from = InHeader();
                file.RemoveRange(from, random.Next(0, Math.Min(12, headerEnd - from) + 1));
                break;
            default:
                var start = InHeader();
                var piece = valid[start..Math.Min(headerEnd, start + random.Next(80))];
                file.InsertRange(InHeader(), piece);
                break;
        }
        // Header edits keep the length right, so that they get past the first check.
        var edited = file.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(edited, headerEnd - 8 + edited.Length - valid.Length);
        return edited;
    }

    [Fact]
    public void Ten_thousand_mutated_files_are_read_as_the_rules_say_in_little_memory()
    {
        var random = new Random(20261124);
        var (accepted, refused) = (new int[7], new int[7]);
        var path = folder["x.safetensors"];
        for (var i = 0; i < 10_000; i++)
        {
            var kind = i % 7;
            var file = Mutate(Valid()[random.Next(5)], kind, random);
            File.WriteAllBytes(path, file);
            var expected = ReferenceReader.Accepts(file);
            var before = GC.GetAllocatedBytesForCurrentThread();
            SafetensorsFile? opened = null;
            InvalidInputException? refusal = null;
            try
            {
                opened = SafetensorsFile.Open(path);
            }
            catch (InvalidInputException e)
            {
                refusal = e;
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 65536 + 16 * file.Length, $"{allocated} bytes for a file of {file.Length}, mutation {i}.");
            Assert.True(expected == opened is not null, $"Mutation {i}: the rules {(expected ? "allow" : "forbid")} it; {refusal?.Message ?? "accepted"}\n{Encoding.UTF8.GetString(file)}");
            if (opened is not null)
            {
                foreach (var tensor in opened.Tensors) tensor.ReadBytes(0, new byte[tensor.ByteLength]);
                opened.Dispose();
            }
            else Assert.All(refusal!.Problems.Take(20), p => Assert.StartsWith(path, p, StringComparison.Ordinal));
            (opened is null ? refused : accepted)[kind]++;
        }
        // Otherwise the mutations would have become too wild or too tame to test anything. No truncated file or other length is valid but the very same.
        Assert.All(refused, count => Assert.True(count > 100));
        Assert.All(new[] { 0, 3, 4, 5, 6 }, kind => Assert.True(accepted[kind] > 10, $"kind {kind}"));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[1000000000000],\"data_offsets\":[0,8000000000000]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[1000000000000],\"data_offsets\":[0,8000000000000]},\"b\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]}}")]
    public void Sizes_that_a_header_claims_are_not_allocated(string header)
    {
        var path = folder.Write("x.safetensors", TemporaryFolder.Safetensors(header));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 65536);
    }

    [Theory]
    [InlineData("\"t{0}\":7")]
    [InlineData("\"t{0}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")]
    [InlineData("\"t{0}\":{{\"dtype\":\"U8\",\"shape\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"data_offsets\":[0,0]}}")]
    [InlineData("\"t{0}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,0]}}")]
    public void A_long_header_takes_memory_in_proportion(string entry)
    {
        var file = TemporaryFolder.Safetensors("{" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => string.Format(entry, i))) + "}");
        var path = folder.Write("x.safetensors", file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            SafetensorsFile.Open(path).Dispose();
        }
        catch (InvalidInputException)
        {
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 65536 + 16L * file.Length);
    }
}
