using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Shard(string name, params string[] tensors) =>
        folder.Write(name, TemporaryFolder.Safetensors("{" + string.Join(',', tensors.Select((t, i) => $"\"{t}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{i},{i + 1}]}}")) + "}", new byte[tensors.Length]));

    private void Index(string weightMap) => folder.Write("model.safetensors.index.json", $$"""{"metadata":{"total_size":2},"weight_map":{{weightMap}}}""");

    private string Refused(string? path = null) => Assert.Throws<InvalidInputException>(() => Checkpoint.Open(path ?? folder.Path).Dispose()).Message;

    [Fact]
    public void Shards_are_read_in_their_order_and_tensors_found_by_name()
    {
        Shard("model-00001-of-00002.safetensors", "z", "y");
        Shard("model-00002-of-00002.safetensors", "a");
        Index("""{"a":"model-00002-of-00002.safetensors","z":"model-00001-of-00002.safetensors","y":"model-00001-of-00002.safetensors"}""");
        using var checkpoint = Checkpoint.Open(folder.Path + "/");
        Assert.Equal(["z", "y", "a"], checkpoint.Tensors.Select(t => t.Name));
        Assert.Same(checkpoint.Tensors[2], checkpoint["a"]);
        Assert.False(checkpoint.TryGet("b", out _));
        Assert.Contains("no tensor 'b'", Assert.Throws<InvalidInputException>(() => checkpoint["b"]).Message, StringComparison.Ordinal);
        Assert.Equal(Path.GetFileName(folder.Path), checkpoint.Name);
    }

    [Fact]
    public void A_single_file_opens_with_the_config_beside_it()
    {
        Shard("other.safetensors", "a");
        folder.Write("config.json", "{\"é\":1}");
        using var checkpoint = Checkpoint.Open(folder["other.safetensors"]);
        Assert.Equal("{\"é\":1}", checkpoint.ReadText("config.json"));
        Assert.Null(checkpoint.ReadText("tokenizer.json"));
    }

    [Theory]
    [InlineData("../evil.safetensors"), InlineData("sub/x.safetensors"), InlineData("/etc/x.safetensors"), InlineData(".."), InlineData("a\\b.safetensors"), InlineData("")]
    public void A_shard_outside_the_folder_is_refused(string name)
    {
        Index("{\"a\":\"" + name.Replace("\\", "\\\\") + "\"}");
        Assert.Contains("a plain file name is expected", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":\"1.safetensors\",\"b\":\"missing.safetensors\"}", "missing.safetensors: no such file")]
    [InlineData("{\"a\":\"1.safetensors\",\"b\":\"1.safetensors\",\"c\":\"1.safetensors\"}", "there is no tensor 'c'")]
    [InlineData("{\"a\":\"1.safetensors\"}", "tensor 'b' is not in model.safetensors.index.json")]
    [InlineData("{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}", "tensor 'b' is in another shard too")]
    [InlineData("{\"a\":\"1.safetensors\",\"a\":\"1.safetensors\"}", "'a' is there twice")]
    [InlineData("{\"a\":\"1.bin\"}", "a .safetensors file is expected")]
    [InlineData("{\"a\":1}", "the shard of 'a' is no string")]
    [InlineData("[]", "weight_map is no object")]
    [InlineData("{},\"weight_map\":{}", "weight_map is there twice")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}}", "not valid JSON")]
    public void An_index_that_does_not_fit_is_refused(string weightMap, string expected)
    {
        Shard("1.safetensors", "a", "b");
        Shard("2.safetensors", "b");
        Index(weightMap);
        Assert.Contains(expected, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_without_a_weight_map_is_refused()
    {
        folder.Write("model.safetensors.index.json", "{}");
        Assert.Contains("there is no weight_map", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_broken_shards_are_told_at_once()
    {
        folder.Write("1.safetensors", "x");
        folder.Write("2.safetensors", "y");
        Index("{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}");
        Assert.Equal(2, Assert.Throws<InvalidInputException>(() => Checkpoint.Open(folder.Path)).Problems.Count);
    }

    [Fact]
    public void Two_ways_to_the_weights_are_refused_and_an_index_of_the_one_file_is_none()
    {
        Shard("model.safetensors", "a");
        Index("{\"a\":\"model.safetensors\"}");
        using (var checkpoint = Checkpoint.Open(folder.Path)) Assert.Equal("a", Assert.Single(checkpoint.Tensors).Name);
        Index("{}");
        Assert.Contains("which names no file", Refused(), StringComparison.Ordinal);
        Shard("model-00001-of-00001.safetensors", "a");
        foreach (var map in (string[])["{\"a\":\"model-00001-of-00001.safetensors\"}",
            "{\"a\":\"model.safetensors\",\"b\":\"model-00001-of-00001.safetensors\"}"])
        {
            Index(map);
            Assert.Contains("there are both model.safetensors and model.safetensors.index.json, which names 'model-00001-of-00001.safetensors'", Refused(),
                StringComparison.Ordinal);
        }
        // The index is of another file than this one.
        Index("{\"b\":\"model.safetensors\",\"c\":\"model.safetensors\"}");
        var message = Refused();
        Assert.Contains("tensor 'a' is not in model.safetensors.index.json", message, StringComparison.Ordinal);
        Assert.Contains("there is no tensor 'b', nor 1 more", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "Python pickles are not read")]
    [InlineData("model.pt", "Python pickles are not read")]
    [InlineData("pytorch_model.bin.index.json", "Python pickles are not read")]
    [InlineData("model.gguf", "a GGUF file has at least")]
    [InlineData("adapter_model.safetensors", "An adapter is not a model")]
    [InlineData("consolidated.safetensors", "Give the .safetensors file itself")]
    [InlineData("readme.md", "Found: 'readme.md'")]
    public void A_folder_without_readable_weights_is_refused_with_what_to_do(string file, string expected)
    {
        folder.Write(file, "x");
        Assert.Contains(expected, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.bin", "Python pickles are not read"), InlineData("model.PTH", "Python pickles are not read"), InlineData("model.gguf", "GGUF"), InlineData("model.onnx", "a model folder, a .safetensors or a .gguf file")]
    public void A_file_of_another_format_is_refused(string file, string expected) => Assert.Contains(expected, Refused(folder.Write(file, "x")), StringComparison.Ordinal);

    [Fact]
    public void Nothing_at_all_is_refused()
    {
        Assert.Contains("The folder is empty", Refused(), StringComparison.Ordinal);
        Assert.Contains("no such folder or file", Refused(folder["none"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_into_a_cache_are_followed_and_dangling_ones_refused()
    {
        Shard("blobs/0123", "a");
        Directory.CreateDirectory(folder["snapshots/c"]);
        File.CreateSymbolicLink(folder["snapshots/c/model.safetensors"], "../../blobs/0123");
        File.CreateSymbolicLink(folder["snapshots/c/config.json"], "../../blobs/4567");
        using var checkpoint = Checkpoint.Open(folder["snapshots/c"]);
        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Name);
        Assert.Contains("a link to a file that is not there", Assert.Throws<InvalidInputException>(() => checkpoint.ReadText("config.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_UTF8_is_refused_and_no_name_leads_out_of_the_folder()
    {
        Shard("model.safetensors", "a");
        folder.Write("config.json", [0x7b, 0xff, 0x7d]);
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Contains("byte 1 is not UTF-8", Assert.Throws<InvalidInputException>(() => checkpoint.ReadText("config.json")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => checkpoint.ReadText("../config.json"));
    }

    [Fact]
    public void A_text_file_beyond_the_bound_is_refused_before_it_is_read()
    {
        Shard("model.safetensors", "a");
        using (var stream = File.Create(folder["tokenizer.json"])) stream.SetLength(Checkpoint.MaxTextLength + 1L);
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Contains("at most 268435456", Assert.Throws<InvalidInputException>(() => checkpoint.ReadText("tokenizer.json")).Message, StringComparison.Ordinal);
    }
}
