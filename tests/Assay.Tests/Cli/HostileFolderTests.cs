using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>The bundled Llama organism with one file made hostile, and hostile options, as a user meets them: an exit code that is documented and one short
/// line for each problem.</summary>
public sealed class HostileFolderTests : IDisposable
{
    private static readonly string Organism = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Model(string changed, byte[] content)
    {
        foreach (var file in Directory.GetFiles(Organism))
        {
            if (Path.GetFileName(file) == changed) _folder.Write("model/" + changed, content);
            else _folder.Write("model/" + Path.GetFileName(file), File.ReadAllBytes(file));
        }

        return _folder["model"];
    }

    private string Model(string changed, Func<string, string> change) =>
        Model(changed, Encoding.UTF8.GetBytes(change(File.ReadAllText(Path.Combine(Organism, changed)))));

    private static string Section(string json, string key, string value)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        root[key] = JsonNode.Parse(value, documentOptions: new() { MaxDepth = 8 });
        return root.ToJsonString();
    }

    private string Score(string model)
    {
        _folder.Write("text.txt", "A short text about this and that."u8.ToArray());
        var (code, output, error) = CommandLine.Run("score", model, "--text", _folder["text.txt"], "--quiet");
        Assert.Equal(65, code);
        Assert.Empty(output);
        Short(error);
        return error;
    }

    private static void Short(string error)
    {
        Assert.All(error.TrimEnd('\n').Split('\n'), line =>
        {
            Assert.StartsWith("error: ", line, StringComparison.Ordinal);
            Assert.InRange(line.Length, 8, 2010);
        });
    }

    [Theory]
    [InlineData("pre_tokenizer", "pretokenizers", """{"type":"Digits","individual_digits":true}""")]
    [InlineData("normalizer", "normalizers", """{"type":"NFC"}""")]
    [InlineData("decoder", "decoders", """{"type":"Fuse"}""")]
    public void A_section_of_20_000_steps(string section, string list, string step)
        => Assert.Contains("at most 64", Score(Model("tokenizer.json", t => Section(t, section,
            $"{{\"type\":\"Sequence\",\"{list}\":[{string.Join(',', Enumerable.Repeat(step, 20_000))}]}}"))), StringComparison.Ordinal);

    [Fact]
    public void A_post_processor_of_10_000_times_30_000_ids()
        => Assert.Contains("1024 ids", Score(Model("tokenizer.json", t => Section(t, "post_processor", "{\"type\":\"TemplateProcessing\",\"single\":["
            + string.Concat(Enumerable.Repeat("{\"SpecialToken\":{\"id\":\"x\",\"type_id\":0}},", 10_000))
            + "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"special_tokens\":{\"x\":{\"id\":\"x\",\"ids\":["
                + string.Join(',', Enumerable.Repeat("1", 30_000)) + "]}}}"))), StringComparison.Ordinal);

    [Fact]
    public void An_added_token_whose_id_overflows() => Assert.Contains("16777215", Score(Model("tokenizer.json", t =>
    {
        var root = JsonNode.Parse(t)!.AsObject();
        root["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id":2147483647,"content":"<zz>","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}"""));
        return root.ToJsonString();
    })), StringComparison.Ordinal);

    [Theory]
    [InlineData("tokenizer.json", "\"x\":1,\"x\":2")]
    [InlineData("tokenizer.json", "\"x\":\"\\ud800\"")]
    [InlineData("tokenizer_config.json", "\"x\":1,\"x\":2")]
    [InlineData("tokenizer_config.json", "\"x\":\"\\udc00\"")]
    [InlineData("config.json", "\"x\":\"\\ud800\"")]
    public void Doubled_keys_and_half_surrogate_pairs(string file, string member) =>
        Assert.Contains(file, Score(Model(file, t => "{" + member + "," + t.TrimStart()[1..])), StringComparison.Ordinal);

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void A_hundred_thousand_brackets(string file) => Score(Model(file, t => "{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + ","
        + t.TrimStart()[1..]));

    [Fact]
    public void A_literal_of_two_megabytes_is_told_in_a_line() =>
        Score(Model("config.json", t => "{\"x\":t" + new string('r', 2 << 20) + "," + t.TrimStart()[1..]));

    [Fact]
    public void A_model_of_one_position() => Assert.Contains("max_position_embeddings is 1",
        Score(Model("config.json", t => Section(t, "max_position_embeddings", "1"))), StringComparison.Ordinal);

    [Fact]
    public void Logits_that_are_no_numbers_are_told_with_their_place()
    {
        var weights = File.ReadAllBytes(Path.Combine(Organism, "model.safetensors"));
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(weights);
        var norm = JsonNode.Parse(weights.AsSpan(8, header))!["model.norm.weight"]!;
        Assert.Equal("BF16", norm["dtype"]!.GetValue<string>());
        BinaryPrimitives.WriteUInt16LittleEndian(weights.AsSpan(8 + header + norm["data_offsets"]![0]!.GetValue<int>()), 0x7FC0);
        Assert.Contains("of document 1 the log-probability NaN", Score(Model("model.safetensors", weights)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?deep")]
    [InlineData("? &a [*a]\n: x\n")]
    [InlineData("&a [*a]: x\n")]
    [InlineData("items: &a 3\nseed: *a\n")]
    [InlineData("items: !a!b 3\n")]
    [InlineData("items: !<> 3\n")]
    [InlineData("items: !!int x\n")]
    [InlineData("base: \"a\\0b\"\n")]
    [InlineData("base: \"\"\n")]
    [InlineData("items: 3\nitems: 4\n")]
    [InlineData("items: 3\n---\nitems: 4\n")]
    [InlineData("threads: 100000\n")]
    [InlineData("items: 2147483647\n")]
    public void A_config_file_that_is_more_than_a_flat_mapping(string yaml)
    {
        foreach (var text in yaml == "?deep" ? [new string('[', 100_000), new string('{', 100_000), "x: " + new string('[', 100_000),
            string.Concat(Enumerable.Repeat("- ", 100_000)), string.Concat(Enumerable.Repeat("? ", 100_000))] : (string[])[yaml])
        {
            _folder.Write("o.yaml", Encoding.UTF8.GetBytes(text));
            var (code, _, error) = CommandLine.Run("vet", Organism, Organism, "-c", _folder["o.yaml"], "--dry-run");
            Assert.Equal(65, code);
            Short(error);
        }
    }

    [Fact]
    public void A_folder_is_no_config_file() => Assert.Equal(65, CommandLine.Run("vet", Organism, Organism, "-c", Organism, "--dry-run").Code);

    [Theory]
    [InlineData("inspect|")]
    [InlineData("score||--text|x")]
    [InlineData("score|m|--text|")]
    [InlineData("vet|a|")]
    [InlineData("vet|a|b|-o|")]
    [InlineData("vet|a|b|-c|")]
    [InlineData("diff||b")]
    [InlineData("ablate|m|--direction||-o|x")]
    [InlineData("generate|m|x|--threads|100000")]
    [InlineData("generate|m|x|--max-new-tokens|2147483647")]
    [InlineData("vet|a|b|--items|2147483647")]
    [InlineData("vet|a|b|--documents|2147483647")]
    [InlineData("vet|a|b|--context|2147483647")]
    [InlineData("score|m|--text|x|--context|2147483647")]
    public void Empty_paths_and_counts_without_bounds_are_usage_errors(string line) => Assert.Equal(64, CommandLine.Run(line.Split('|')).Code);

    [Fact]
    public void A_line_feed_in_a_path_does_not_split_an_error()
    {
        var (code, _, error) = CommandLine.Run("inspect", "no\nsuch\nfolder");
        Assert.Equal(65, code);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains("no\\nsuch\\nfolder", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_stretch_that_is_not_cut_is_held_to_the_memory_allowed()
    {
        _folder.Write("a.txt", Encoding.UTF8.GetBytes(new string('a', 10 << 20)));
        var (code, _, error) = CommandLine.Run("score", Organism, "--text", _folder["a.txt"], "--memory", "256M", "--quiet");
        Assert.Equal(65, code);
        Assert.Contains("128 MiB may be used", error, StringComparison.Ordinal);
    }
}
