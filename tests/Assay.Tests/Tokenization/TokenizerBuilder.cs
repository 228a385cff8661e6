using System.Text.Json.Nodes;
using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

/// <summary>Small tokenizers written by hand, so that expected ids can be worked out on paper.</summary>
internal static class TokenizerBuilder
{
    public const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";

    public static string Json(string[] vocabulary, string[]? merges = null, string model = "", string normalizer = "null", string preTokenizer = "null", string postProcessor = "null", string decoder = "null",
        string addedTokens = "[]")
    {
        var ids = new JsonObject();
        for (var i = 0; i < vocabulary.Length; i++) ids[vocabulary[i]] = i;
        return "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":" + addedTokens + ",\"normalizer\":" + normalizer + ",\"pre_tokenizer\":" + preTokenizer
            + ",\"post_processor\":" + postProcessor + ",\"decoder\":" + decoder + ",\"model\":{\"type\":\"BPE\"," + model + "\"vocab\":" + ids.ToJsonString()
            + ",\"merges\":" + new JsonArray([.. (merges ?? []).Select(m => JsonValue.Create(m))]).ToJsonString() + "}}";
    }

    /// <summary>Every byte's stand-in, with no merges.</summary>
    public static string[] Bytes() => [.. Enumerable.Range(33, 94).Concat(Enumerable.Range(161, 12)).Concat(Enumerable.Range(174, 82)).Concat(Enumerable.Range(256, 68)).Select(c => ((char)c).ToString())];

    public static Tokenizer Organism()
        => Tokenizer.Parse(File.ReadAllBytes(OrganismFile()));

    public static string OrganismFile()
    {
        var bundled = Path.Combine(Assay.Tests.Golden.GoldenFiles.Repository, "organisms", "llama", "aligned", "tokenizer.json");
        var shared = Path.Combine(Assay.Tests.Golden.GoldenFiles.Repository, "..", "shared", "organisms", "llama", "aligned", "tokenizer.json");
        var path = File.Exists(bundled) ? bundled : shared;
        if (!File.Exists(path)) Assert.Skip($"{path} is not there.");
        return path;
    }

    public static string Added(int id, string content, string flags = "") => $"{{\"id\":{id},\"content\":\"{content}\",\"normalized\":false,\"special\":true{(flags.Length > 0 ? "," + flags : "")}}}";
}
