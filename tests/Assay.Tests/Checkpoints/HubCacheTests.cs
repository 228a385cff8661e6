using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>A cache folder as huggingface_hub lays it out: refs, links from snapshots into blobs.</summary>
[Collection("Hugging Face cache")] // The variable that names it belongs to the process.
public sealed class HubCacheTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const string Other = "89abcdef0123456789abcdef0123456789abcdef";

    private readonly TemporaryFolder folder = new();
    private readonly string? hubBefore = Environment.GetEnvironmentVariable("HF_HUB_CACHE"), homeBefore = Environment.GetEnvironmentVariable("HF_HOME");

    public HubCacheTests() => Environment.SetEnvironmentVariable("HF_HUB_CACHE", folder["hub"]);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", hubBefore);
        Environment.SetEnvironmentVariable("HF_HOME", homeBefore);
        folder.Dispose();
    }

    private static byte[] Shard(string tensor) => TemporaryFolder.Safetensors($"{{\"{tensor}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}}}", 0, 0, 128, 63);

    /// <summary>A file of a snapshot: a link into blobs.</summary>
    private void Put(string repository, string commit, string name, byte[] bytes)
    {
        var blob = $"{name}-blob-{commit[..4]}";
        folder.Write($"hub/{repository}/blobs/{blob}", bytes);
        Directory.CreateDirectory(folder[$"hub/{repository}/snapshots/{commit}"]);
        File.CreateSymbolicLink(folder[$"hub/{repository}/snapshots/{commit}/{name}"], $"../../blobs/{blob}");
    }

    private void PutText(string repository, string commit, string name, string text) => Put(repository, commit, name, System.Text.Encoding.UTF8.GetBytes(text));

    private void Whole(string repository = "models--org--name", string commit = Commit)
    {
        PutText(repository, commit, "config.json", "{\"a\":1}");
        Put(repository, commit, "model.safetensors", Shard("t"));
        folder.Write($"hub/{repository}/refs/main", commit);
    }

    private static string Refused(string reference) => Assert.Throws<InvalidInputException>(() => Checkpoint.Open(reference).Dispose()).Message;

    [Fact]
    public void Main_is_the_revision_unless_another_is_named()
    {
        Whole();
        PutText("models--org--name", Other, "config.json", "{\"a\":2}");
        Put("models--org--name", Other, "model.safetensors", Shard("u"));
        folder.Write("hub/models--org--name/refs/pr/7", Other + "\n");
        using (var main = Checkpoint.Open("org/name"))
        {
            Assert.Equal($"org/name@{Commit}", main.Name);
            Assert.Equal("{\"a\":1}", main.ReadText("config.json"));
            Assert.Equal("t", main.Tensors.Single().Name);
        }
        foreach (var reference in new[] { "org/name@pr/7", "org/name@" + Other })
        {
            using var named = Checkpoint.Open(reference);
            Assert.Equal($"org/name@{Other}", named.Name);
            Assert.Equal("u", named.Tensors.Single().Name);
        }
    }

    [Fact]
    public void HF_HOME_is_used_where_HF_HUB_CACHE_is_not_set()
    {
        Whole();
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", null);
        Environment.SetEnvironmentVariable("HF_HOME", folder.Path);
        using var main = Checkpoint.Open("org/name");
        Assert.Equal("t", main.Tensors.Single().Name);
    }

    [Fact]
    public void Shards_are_found_and_a_missing_one_is_named_with_the_command_that_fetches_it()
    {
        PutText("models--org--name", Commit, "config.json", "{}");
        PutText("models--org--name", Commit, "model.safetensors.index.json", "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}");
        Put("models--org--name", Commit, "model-00001-of-00002.safetensors", Shard("a"));
        folder.Write("hub/models--org--name/refs/main", Commit);
        var message = Refused("org/name");
        Assert.Contains("'model-00002-of-00002.safetensors' is missing", message, StringComparison.Ordinal);
        Assert.Contains($"hf download org/name model-00002-of-00002.safetensors --revision {Commit}", message, StringComparison.Ordinal);
        Put("models--org--name", Commit, "model-00002-of-00002.safetensors", Shard("b"));
        using var whole = Checkpoint.Open("org/name");
        Assert.Equal(["a", "b"], whole.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void A_link_to_a_blob_that_is_not_there_is_a_missing_file()
    {
        Whole();
        File.CreateSymbolicLink(folder[$"hub/models--org--name/snapshots/{Commit}/tokenizer.json"], "../../blobs/none");
        var message = Refused("org/name");
        Assert.Contains("'tokenizer.json' is missing", message, StringComparison.Ordinal);
        Assert.Contains($"hf download org/name tokenizer.json --revision {Commit}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_without_config_or_weights_says_so()
    {
        PutText("models--org--name", Commit, "README.md", "x");
        folder.Write("hub/models--org--name/refs/main", Commit);
        Assert.Contains("'config.json', 'model.safetensors' are missing", Refused("org/name"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_of_the_cache_is_whole_or_named_with_what_it_lacks()
    {
        Whole();
        PutText("models--me--tune", Other, "adapter_config.json", "{\"peft_type\":\"LORA\",\"r\":1,\"target_modules\":[\"x\"]}");
        folder.Write("hub/models--me--tune/refs/main", Other);
        var message = Refused("org/name+me/tune");
        Assert.Contains("'adapter_model.safetensors' is missing", message, StringComparison.Ordinal);
        Assert.Contains($"hf download me/tune adapter_model.safetensors --revision {Other}", message, StringComparison.Ordinal);
        File.Delete(folder[$"hub/models--org--name/snapshots/{Commit}/model.safetensors"]);
        Put("models--org--name", Commit, "model.safetensors", Shard("model.x.weight"));
        Put("models--me--tune", Other, "adapter_model.safetensors",
            TemporaryFolder.Safetensors("{\"base_model.model.model.x.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}", 0, 0, 128,
            63));
        Assert.Contains("module 'model.x' lacks lora_B", Refused("org/name+me/tune"), StringComparison.Ordinal);
        Assert.Contains("hf download me/none", Refused("org/name+me/none"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_cache_does_not_hold_comes_with_the_command()
    {
        Whole();
        Assert.Contains("Fetch it: hf download org/none", Refused("org/none"), StringComparison.Ordinal);
        Assert.Contains("there is no revision 'v2'; held are the commits " + Commit, Refused("org/name@v2"), StringComparison.Ordinal);
        Assert.Contains($"hf download org/name --revision {Other}", Refused("org/name@" + Other), StringComparison.Ordinal);
        folder.Write("hub/models--org--name/refs/bad", "../../../elsewhere");
        Assert.Contains("expected a commit of 40 hexadecimal digits", Refused("org/name@bad"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_an_owner_is_found_if_the_cache_holds_it()
    {
        Whole("models--gpt2");
        using var model = Checkpoint.Open("gpt2");
        Assert.Equal($"gpt2@{Commit}", model.Name);
        Assert.Contains("no such folder or file", Refused("gpt3"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../org/name")]
    [InlineData("org/../name")]
    [InlineData("org/name/more")]
    [InlineData("/org/name")]
    [InlineData("org--x/name")]
    [InlineData("org/name@../../main")]
    public void A_path_is_no_reference(string reference)
    {
        Whole();
        Assert.Contains("no such folder or file", Refused(reference), StringComparison.Ordinal);
    }
}
