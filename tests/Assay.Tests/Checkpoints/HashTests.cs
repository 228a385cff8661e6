using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

public sealed class HashTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private WeightsHash Weights(IEnumerable<TensorToWrite> tensors, string forward = "{}", int threads = 1, Dictionary<string, string>? metadata = null)
    {
        var path = folder[Guid.NewGuid() + ".safetensors"];
        SafetensorsWriter.Write(path, tensors, metadata);
        using var checkpoint = Checkpoint.Open(path);
        return WeightsHash.Compute(checkpoint, forward, threads);
    }

    private static TensorToWrite[] Two(string name = "a", long[]? shape = null, float last = 4) =>
        [TensorToWrite.From(name, [.. shape ?? [2, 2]], new[] { 1, 2, 3, last }), TensorToWrite.From("ä", [0], ReadOnlyMemory<float>.Empty)];

    /// <summary>The documented bytes, one value after another.</summary>
    private static byte[] Reference(long[] shape, float[] values)
    {
        var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write((long)shape.Length);
        foreach (var size in shape) writer.Write(size);
        foreach (var block in values.Chunk(1 << 18))
        {
            var bits = block.Select(v => float.IsNaN(v) ? 0x7FC00000u : v == 0 ? 0 : BitConverter.SingleToUInt32Bits(v)).ToArray();
            var halves = bits.All(b => (b & 0xFFFF) == 0);
            byte[] bytes = [.. bits.SelectMany(b => halves ? BitConverter.GetBytes((ushort)(b >> 16)) : BitConverter.GetBytes(b)), halves ? (byte)2 : (byte)4];
            writer.Write(SHA256.HashData(bytes));
        }
        return SHA256.HashData(buffer.ToArray());
    }

    [Fact]
    public void The_hash_is_that_of_the_documented_bytes()
    {
        var hash = Weights(Two().Reverse(), "{\"theta\":1}");
        byte[][] tensors = [Reference([2, 2], [1, 2, 3, 4]), Reference([0], [])];
        Assert.Equal(tensors.Select(Convert.ToHexStringLower), hash.ByTensor.Values);
        byte[] all = [.. BitConverter.GetBytes(2L), .. BitConverter.GetBytes(1L), .. "a"u8, .. tensors[0], .. BitConverter.GetBytes(2L), .. "ä"u8,
            .. tensors[1]];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), hash.Tensors);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. all, .. BitConverter.GetBytes(11L), .. "{\"theta\":1}"u8])), hash.Value);
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(63), InlineData((1 << 18) - 1), InlineData(1 << 18), InlineData((1 << 19) + 77)]
    public void Blocks_of_any_length_with_zeros_of_both_signs_and_every_kind_of_nan_are_as_documented(int count)
    {
        var random = new Random(count);
        // Patterns of any kind among numbers; those that BF16 holds in the first block only.
        uint[] odd = [0x80000000, 0, 0x7F800001, 0x7FC00000, 0xFFC00001, 0xFF800000, 0x7F800000, 1, 0x80000001, 0x00010000];
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var bits = random.Next(9) == 0 ? odd[random.Next(odd.Length)] : (uint)random.NextInt64(1L << 32);
            values[i] = BitConverter.UInt32BitsToSingle(i < 1 << 18 ? bits & 0xFFFF0000 : bits);
        }
        var hash = Weights([TensorToWrite.From("t", [count], values)], threads: 2).ByTensor["t"];
        Assert.Equal(Convert.ToHexStringLower(Reference([count], values)), hash);
        if (count >= 1 << 18) return;
        // All of it fits BF16.
        var halves = values.SelectMany(v => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))).ToArray();
        Assert.Equal(hash, Weights([TensorToWrite.From("t", DType.BF16, [count], halves)]).ByTensor["t"]);
    }

    [Fact]
    public void The_same_values_in_another_type_have_one_hash()
    {
        float[] values = [1, -2.5f, 0, -0f, 6.1035156e-5f, 5.9604645e-8f, 65504, float.NaN, float.PositiveInfinity];
        var expected = Weights([TensorToWrite.From("t", [3, 3], values)]).Value;
        byte[] half = [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))], twice = [.. values.SelectMany(v => BitConverter.GetBytes((double)v))];
        Assert.Equal(expected, Weights([TensorToWrite.From("t", DType.F16, [3, 3], half)]).Value);
        Assert.Equal(expected, Weights([TensorToWrite.From("t", DType.F64, [3, 3], twice)]).Value);
        Assert.NotEqual(expected, Weights([TensorToWrite.From("t", DType.BF16, [3, 3], half)]).Value);
        Assert.NotEqual(Weights([TensorToWrite.From("t", DType.I8, [2], new byte[] { 1, 2 })]).Value,
            Weights([TensorToWrite.From("t", DType.U8, [2], new byte[] { 1, 2 })]).Value);
    }

    [Fact]
    public void Order_metadata_and_threads_do_not_count()
    {
        var hash = Weights(Two()).Value;
        Assert.Equal(hash, Weights(Two().Reverse()).Value);
        Assert.Equal(hash, Weights(Two(), metadata: new() { ["format"] = "pt" }).Value);
        Assert.Equal(hash, Weights(Two(), threads: 3).Value);
    }

    [Fact]
    public void Name_shape_values_and_configuration_each_count()
    {
        var hashes = new[] { Weights(Two()), Weights(Two("b")), Weights(Two(shape: [4])), Weights(Two(last: 5)), Weights(Two()[..1]), Weights(Two(), "{ }") };
        Assert.Equal(hashes.Length, hashes.Select(h => h.Value).Distinct().Count());
        Assert.Equal(hashes[0].Tensors, hashes[^1].Tensors);
    }

    [Theory]
    [InlineData("0", "0"), InlineData("-0", "0"), InlineData("-0.0", "0"), InlineData("1.0", "1"), InlineData("1e0", "1"), InlineData("10E-1", "1"), InlineData("-2.50", "-2.5")]
    [InlineData("1e30", "1E+30"), InlineData("1000000000000000019884624838656", "1E+30"), InlineData("1000000000000000019884624838657", "1000000000000000019884624838657")]
    [InlineData("9007199254740993", "9007199254740993"), InlineData("9007199254740992.0", "9007199254740992"), InlineData("9223372036854775808", "9.223372036854776E+18"), InlineData("9223372036854775808.0", "9.223372036854776E+18")]
    [InlineData("-9223372036854775808", "-9223372036854775808"), InlineData("-9223372036854775808.0", "-9223372036854775808"), InlineData("0.1", "0.1"), InlineData("0.1000000000000000055", "0.1"), InlineData("1e-5", "1E-05"), InlineData("0.00001", "1E-05"), InlineData("1e999", "1E+999")]
    public void A_number_has_one_spelling(string literal, string expected) => Assert.Equal(expected, CanonicalJson.Format(literal, "x"));

    [Fact]
    public void Formatting_and_key_order_do_not_count_and_the_order_of_a_list_does()
    {
        Assert.Equal("""{"a":[1,{"c":null,"d":true}],"b":"é\n"}""", CanonicalJson.Format(" { \"b\" : \"\\u00e9\\u000a\" ,\n\"a\":[1.0, {\"d\":true, \"c\":null}] } ", "x"));
        Assert.NotEqual(CanonicalJson.Format("[1,2]", "x"), CanonicalJson.Format("[2,1]", "x"));
        Assert.Equal("""{"b":{"a":1}}""", CanonicalJson.Format("""{"a":1,"b":{"a":1}}""", "x", new HashSet<string> { "a" }));
    }

    [Theory]
    [InlineData("{\"a\":1,\"a\":1}"), InlineData("[1,]"), InlineData("{}x"), InlineData(""), InlineData("NaN"), InlineData("\"\\ud800\""), InlineData("{\"\\udc00\":1}")]
    public void Json_that_programs_read_differently_is_refused(string json) =>
        Assert.StartsWith("here.json: ", Assert.Throws<InvalidInputException>(() => CanonicalJson.Format(json, "here.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Nesting_is_bounded() => Assert.Throws<InvalidInputException>(() => CanonicalJson.Format(new string('[', 100_000), "x"));

    private static readonly Dictionary<string, string> Files = new()
    {
        ["tokenizer.json"] = "{\"model\":{\"vocab\":{\"a\":0}}}",
        ["tokenizer_config.json"] = "{\"eos_token\":\"</s>\",\"chat_template\":\"{{ x }}\",\"model_max_length\":512}",
        ["generation_config.json"] = "{\"eos_token_id\":2,\"transformers_version\":\"5.23.0\"}",
        ["config.json"] = "{\"eos_token_id\":7,\"bos_token_id\":1}",
    };

    private PackagingHash Packaging(params (string File, string? Text)[] changes)
    {
        var name = Guid.NewGuid().ToString();
        SafetensorsWriter.Write(folder.Write(name + "/x", "") + ".safetensors", []);
        File.Move(folder[name + "/x.safetensors"], folder[name + "/model.safetensors"]);
        foreach (var (file, text) in Files.Where(f => !changes.Any(c => c.File == f.Key)).Select(f => (f.Key, (string?)f.Value)).Concat(changes))
            if (text is not null) folder.Write(name + "/" + file, text);
        using var checkpoint = Checkpoint.Open(folder[name]);
        return PackagingHash.Compute(checkpoint);
    }

    public static TheoryData<string, string, string?> Same => new()
    {
        { "formatting", "tokenizer.json", "{ \"model\": {\"vocab\": {\"a\": 0.0}}}\n" },
        { "where the template stands", "chat_template.jinja", "{{ x }}" },
        { "where a special token stands", "special_tokens_map.json", "{\"eos_token\":{\"content\":\"</s>\",\"lstrip\":false}}" },
        { "a spelling of a special token", "tokenizer_config.json", "{\"eos_token\":{\"content\":\"</s>\"},\"chat_template\":\"{{ x }}\"}" },
        { "the version of a library", "generation_config.json", "{\"eos_token_id\":2,\"transformers_version\":\"4.0\",\"_from_model_config\":true,\"use_cache\":false}" },
        { "a list of one", "generation_config.json", "{\"eos_token_id\":[2],\"top_k\":null}" },
        { "a token id that the config gives too", "generation_config.json", "{\"eos_token_id\":2,\"bos_token_id\":1}" },
        { "an EOS that the generation config overrides", "config.json", "{\"eos_token_id\":8,\"bos_token_id\":1}" },
    };

    [Theory, MemberData(nameof(Same))]
    public void Packaging_is_equal_whatever(string what, string file, string? text) => Assert.True(Packaging() == Packaging((file, text)), what);

    public static TheoryData<string, string, string?> Different => new()
    {
        { "tokenizer", "tokenizer.json", "{\"model\":{\"vocab\":{\"a\":1}}}" },
        { "tokenizer", "tokenizer.json", null },
        { "tokenizer", "tokenizer_config.json", Files["tokenizer_config.json"].Replace("512", "512,\"add_bos_token\":true") },
        { "chat template", "chat_template.jinja", "{{ y }}" },
        { "chat template", "chat_template.jinja", "" },
        { "chat template", "tokenizer_config.json", "{\"eos_token\":\"</s>\"}" },
        { "special tokens", "tokenizer_config.json", Files["tokenizer_config.json"].Replace("</s>", "<end>") },
        { "special tokens", "special_tokens_map.json", "{\"pad_token\":\"<pad>\"}" },
        { "generation config", "generation_config.json", "{\"eos_token_id\":3}" },
        { "generation config", "generation_config.json", "{\"eos_token_id\":[2,3]}" },
        { "generation config", "generation_config.json", null },
        { "generation config", "generation_config.json", "{\"eos_token_id\":2,\"temperature\":0.6}" },
        { "generation config", "config.json", "{\"eos_token_id\":7,\"bos_token_id\":0}" },
    };

    [Theory, MemberData(nameof(Different))]
    public void Each_part_of_the_packaging_counts(string part, string file, string? text)
    {
        var (before, after) = (Packaging(), Packaging((file, text)));
        Assert.Equal([part], before.DifferencesFrom(after));
        Assert.NotEqual(before.Value, after.Value);
    }

    [Theory]
    [InlineData("tokenizer.json", "{} , \"x\": 1"), InlineData("tokenizer.json", "[]"), InlineData("chat_template.json", "[]"),
        InlineData("tokenizer_config.json", "{\"eos_token\":\"\\ud800\"}")]
    public void Packaging_that_cannot_be_read_is_refused(string file, string text) =>
        Assert.Contains(file, Assert.Throws<InvalidInputException>(() => Packaging((file, text))).Message, StringComparison.Ordinal);
}
