using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Tests.Golden;

namespace Assay.Tests.Checkpoints;

/// <summary>Packaging is compared by what it does: spellings of one thing have one hash, and what changes a token or a chat is told by its key.</summary>
public sealed class PackagingTests : IDisposable
{
    private static readonly string Organism = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A copy of the organism's packaging, changed; its weights are one number.</summary>
    private string Write(string name, Action<string> change)
    {
        Directory.CreateDirectory(_folder[name]);
        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "config.json", "generation_config.json"]) File.Copy(
            Path.Combine(Organism, file), Path.Combine(_folder[name], file));
        SafetensorsWriter.Write(Path.Combine(_folder[name], "model.safetensors"), [TensorToWrite.From("a", [1], new float[] { 1 })]);
        change(_folder[name]);
        return _folder[name];
    }

    private static Action<string> Json(string file, Action<JsonObject> change) => folder =>
    {
        var path = Path.Combine(folder, file);
        var json = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    };

    private (PackagingHash Base, PackagingHash Candidate, PackagingDifference Difference) Compare(Action<string> baseChange, Action<string> change)
    {
        using var a = Checkpoint.Open(Write("base", baseChange));
        using var b = Checkpoint.Open(Write("candidate", change));
        return (PackagingHash.Compute(a), PackagingHash.Compute(b), PackagingComparer.Compare(a, b, null, null));
    }

    private static string Template(string folder) => File.ReadAllText(Path.Combine(folder, "chat_template.jinja"));

    private static void Inline(string folder, JsonNode template)
    {
        File.Delete(Path.Combine(folder, "chat_template.jinja"));
        Json("tokenizer_config.json", c => c["chat_template"] = template)(folder);
    }

    private static JsonObject Named(string name, string template) => new() { ["name"] = name, ["template"] = template };

    private static JsonObject Entry(string content) => new() { ["content"] = content, ["lstrip"] = false, ["rstrip"] = false, ["single_word"] = false,
        ["normalized"] = false, ["special"] = true };

    /// <summary>Changes that programs make when they save a model again, each of which changes no token and no chat.</summary>
    private static readonly Dictionary<string, Action<string>> Spellings = new()
    {
        ["merges as texts"] = Json("tokenizer.json", t =>
        {
            Assert.IsType<JsonArray>(t["model"]!["merges"]![0]);
            t["model"]!["merges"] = new JsonArray([.. t["model"]!["merges"]!.AsArray().Select(m => (JsonNode)$"{m![0]} {m[1]}")]);
        }),
        ["tokenizer_config.json of transformers 4"] = Json("tokenizer_config.json", c =>
        {
            c.Remove("backend");
            c["add_bos_token"] = true;
            c["add_eos_token"] = false;
            c["clean_up_tokenization_spaces"] = false;
            c["legacy"] = true;
            c["model_max_length"] = JsonNode.Parse("1000000000000000019884624838656");
            c["tokenizer_class"] = "PreTrainedTokenizerFast";
            c["extra_special_tokens"] = new JsonObject();
            c["additional_special_tokens"] = new JsonArray("<|im_start|>", "<|im_end|>");
            c["bos_token"] = Entry("<|bos|>");
            c["added_tokens_decoder"] = new JsonObject { ["0"] = Entry("<|bos|>"), ["1"] = Entry("<|im_start|>"), ["2"] = Entry("<|im_end|>"),
                ["3"] = Entry("<|pad|>") };
        }),
        ["special_tokens_map.json"] = Json("special_tokens_map.json", m =>
        {
            m["bos_token"] = Entry("<|bos|>");
            m["eos_token"] = "<|im_end|>";
            m["pad_token"] = "<|pad|>";
        }),
        ["special tokens in special_tokens_map.json alone"] = folder =>
        {
            Json("tokenizer_config.json", c =>
            {
                foreach (var role in (string[])["bos_token", "eos_token", "pad_token"]) c.Remove(role);
            })(folder);
            Spellings!["special_tokens_map.json"](folder);
        },
        ["template inline"] = folder => Inline(folder, Template(folder)),
        ["template in a list"] = folder => Inline(folder, new JsonArray(Named("tool_use", Template(folder)), Named("default", Template(folder)))),
        ["template of a processor"] = folder =>
        {
            var template = Template(folder);
            File.Delete(Path.Combine(folder, "chat_template.jinja"));
            Json("chat_template.json", c => c["chat_template"] = template)(folder);
        },
        ["template with other ends of lines and one at the end"] = folder =>
            File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Template(folder).ReplaceLineEndings("\r\n") + "\n"),
        ["stale template inline beside the file"] = Json("tokenizer_config.json", c => c["chat_template"] = "{{ 'stale' }}"),
        ["keys with their defaults"] = Json("tokenizer.json", t =>
        {
            t["version"] = "2.0";
            t["model"]!["dropout"] = null;
            t["model"]!["ignore_merges"] = false;
            t["model"]!["byte_fallback"] = false;
            t["model"]!["continuing_subword_prefix"] = "";
            t["model"]!["fuse_unk"] = true;
        }),
        ["keys left out"] = Json("tokenizer.json", t =>
        {
            foreach (var key in (string[])["type", "dropout", "ignore_merges", "byte_fallback", "fuse_unk", "end_of_word_suffix", "continuing_subword_prefix",
                "unk_token"]) t["model"]!.AsObject().Remove(key);
            foreach (var key in (string[])["version", "truncation", "padding"]) t.Remove(key);
            if (t["normalizer"] is null) t.Remove("normalizer");
        }),
        ["truncation and padding of a batch"] = Json("tokenizer.json", t =>
        {
            t["truncation"] = new JsonObject { ["max_length"] = 512, ["strategy"] = "LongestFirst", ["stride"] = 0, ["direction"] = "Right" };
            t["padding"] = new JsonObject { ["strategy"] = "BatchLongest", ["pad_id"] = 3 };
        }),
        ["components in sequences of one"] = Json("tokenizer.json", t =>
        {
            t["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(t["pre_tokenizer"]!.DeepClone()) };
            t["post_processor"] = new JsonObject { ["type"] = "Sequence",
                ["processors"] = new JsonArray(new JsonObject { ["type"] = "ByteLevel", ["trim_offsets"] = false }, t["post_processor"]!.DeepClone()) };
        }),
        ["added tokens in another order"] = Json("tokenizer.json", t => t["added_tokens"] =
            new JsonArray([.. t["added_tokens"]!.AsArray().Reverse().Select(e => e!.DeepClone())])),
        ["generation config with defaults and plumbing"] = Json("generation_config.json", g =>
        {
            g.Clear();
            g["eos_token_id"] = new JsonArray(2);
            g["transformers_version"] = "4.44.0";
            g["do_sample"] = false;
            g["temperature"] = 1.0;
            g["top_k"] = 50;
            g["top_p"] = 1;
            g["repetition_penalty"] = 1.0;
            g["num_beams"] = 1;
            g["suppress_tokens"] = new JsonArray();
            g["max_length"] = 20;
            g["cache_implementation"] = "dynamic";
        }),
    };

    public static TheoryData<string> SpellingNames => [.. Spellings.Keys];

    [Theory, MemberData(nameof(SpellingNames))]
    public void A_spelling_is_no_difference(string name)
    {
        var (a, b, difference) = Compare(_ => { }, Spellings[name]);
        Assert.Empty(a.KeysDifferingFrom(b));
        Assert.Equal(a.Value, b.Value);
        Assert.Empty(difference.Parts);
        Assert.Empty(difference.Tokenizer);
        Assert.Empty(difference.Template);
        Assert.DoesNotContain(difference.Values, v => v.File != "config.json");
    }

    /// <summary>Changes of a token or a chat, with the key that names each.</summary>
    private static readonly Dictionary<string, (string Part, string Key, Action<string> Change)> Changes = new()
    {
        ["merge"] = ("tokenizer", "tokenizer.json model.merges", Json("tokenizer.json", t =>
        {
            var merges = t["model"]!["merges"]!.AsArray();
            var seventeenth = merges[17]!;
            merges.RemoveAt(17);
            merges.Insert(18, seventeenth);
        })),
        ["last merge"] = ("tokenizer", "tokenizer.json model.merges",
            Json("tokenizer.json", t => t["model"]!["merges"]!.AsArray().RemoveAt(t["model"]!["merges"]!.AsArray().Count - 1))),
        ["ignored merges"] = ("tokenizer", "tokenizer.json model.ignore_merges", Json("tokenizer.json", t => t["model"]!["ignore_merges"] = true)),
        ["token"] = ("tokenizer", "tokenizer.json model.vocab", Json("tokenizer.json", t => t["model"]!["vocab"]!["never seen"] = 100_000)),
        ["flag of an added token"] = ("tokenizer", "tokenizer.json added_tokens", Json("tokenizer.json", t => t["added_tokens"]![1]!["lstrip"] = true)),
        ["special flag"] = ("tokenizer", "tokenizer.json added_tokens", Json("tokenizer.json", t => t["added_tokens"]![1]!["special"] = false)),
        ["normalizer"] = ("tokenizer", "tokenizer.json normalizer", Json("tokenizer.json", t => t["normalizer"] = new JsonObject { ["type"] = "Lowercase" })),
        ["BOS"] = ("tokenizer", "tokenizer.json post_processor", Json("tokenizer.json", t => t["post_processor"] = null)),
        ["decoder without parts"] = ("tokenizer", "tokenizer.json decoder", Json("tokenizer.json", t => t["decoder"] = null)),
        ["switch against the post-processor"] = ("tokenizer", "tokenizer_config.json add_bos_token",
            Json("tokenizer_config.json", c => c["add_bos_token"] = false)),
        ["EOS added"] = ("tokenizer", "tokenizer_config.json add_eos_token", Json("tokenizer_config.json", c => c["add_eos_token"] = true)),
        ["added token with another flag"] = ("tokenizer", "tokenizer_config.json added_tokens_decoder.1", Json("tokenizer_config.json", c =>
        {
            var entry = Entry("<|im_start|>");
            entry["rstrip"] = true;
            c["added_tokens_decoder"] = new JsonObject { ["0"] = Entry("<|bos|>"), ["1"] = entry };
        })),
        ["special token of no id"] = ("special tokens", "tokenizer_config.json additional_special_tokens: <|new|>",
            Json("tokenizer_config.json", c => c["additional_special_tokens"] = new JsonArray("<|im_end|>", "<|new|>"))),
        ["EOS token"] = ("special tokens", "tokenizer_config.json eos_token", Json("tokenizer_config.json", c => c["eos_token"] = "<|pad|>")),
        ["template character"] = ("chat template", "chat_template",
            folder => File.WriteAllText(Path.Combine(folder, "chat_template.jinja"),
            Template(folder).Replace("assistant", "Assistant", StringComparison.Ordinal))),
        ["template for tools"] = ("chat template", "chat_template 'tool_use'",
            folder => Inline(folder, new JsonArray(Named("default", Template(folder)), Named("tool_use", "{{ tools }}")))),
        ["template gone"] = ("chat template", "chat_template", folder => File.Delete(Path.Combine(folder, "chat_template.jinja"))),
        ["two line feeds at the end"] = ("chat template", "chat_template", folder => File.AppendAllText(Path.Combine(folder, "chat_template.jinja"), "\n\n")),
        ["temperature"] = ("generation config", "generation_config.json temperature", Json("generation_config.json", g => g["temperature"] = .7)),
        ["suppressed token"] = ("generation config", "generation_config.json suppress_tokens",
            Json("generation_config.json", g => g["suppress_tokens"] = new JsonArray(5))),
        ["EOS id"] = ("generation config", "generation_config.json eos_token_id", Json("generation_config.json", g => g["eos_token_id"] = new JsonArray(2, 3))),
        ["broken generation config"] = ("generation config", "generation_config.json (the whole file)", folder =>
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), "{")),
    };

    public static TheoryData<string> ChangeNames => [.. Changes.Keys];

    [Theory, MemberData(nameof(ChangeNames))]
    public void A_change_is_a_difference_and_names_its_key(string name)
    {
        var (part, key, change) = Changes[name];
        var (a, b, difference) = Compare(_ => { }, change);
        Assert.NotEqual(a.Value, b.Value);
        Assert.Equal([part], a.DifferencesFrom(b));
        Assert.Contains(key, a.KeysDifferingFrom(b));
        Assert.Equal([part], difference.Parts);
        var told = difference.Tokenizer.Concat(difference.Template).Concat(difference.Values.Select(v => $"{v.File} {v.Path}"));
        if (part == "chat template") Assert.NotEmpty(difference.Template);
        else Assert.Contains(told, t => t.StartsWith(key, StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_merge_that_differs_is_named()
    {
        var (_, _, difference) = Compare(_ => { }, Changes["merge"].Change);
        Assert.Matches(@"^tokenizer\.json model\.merges\[17\] is '.+' \+ '.+' in the base and '.+' \+ '.+' in the candidate; 2 places of \d+ and \d+ differ\.$",
            Assert.Single(difference.Tokenizer));
    }

    /// <summary>Two that are equal once normalized are found in the order of the list: then the order is behaviour.</summary>
    [Fact]
    public void The_order_of_added_tokens_counts_where_it_decides()
    {
        Action<string> Two(bool turned) => Json("tokenizer.json", t =>
        {
            t["normalizer"] = new JsonObject { ["type"] = "Lowercase" };
            var added = new[] { "Foo", "foo" }.Select((text, i) => (JsonNode)new JsonObject { ["id"] = 90_000 + i, ["content"] = text, ["normalized"] = true })
                .ToArray();
            t["added_tokens"] = new JsonArray(turned ? [added[1], added[0]] : added);
        });
        var (a, b, _) = Compare(Two(false), Two(true));
        Assert.NotEqual(a.Value, b.Value);
    }

    /// <summary>Without a normalizer the kind of added tokens matters where there are two kinds: one kind is looked for first.</summary>
    [Theory]
    [InlineData(false, false, true, true, true)]
    [InlineData(false, true, true, true, false)]
    [InlineData(false, true, false, true, true)]
    public void The_kind_of_added_tokens_counts_where_it_decides(bool a1, bool a2, bool b1, bool b2, bool equal)
    {
        Action<string> Kinds(bool first, bool second) => Json("tokenizer.json", t =>
        {
            t["normalizer"] = null;
            t["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 90_000, ["content"] = "ab", ["normalized"] = first },
                new JsonObject { ["id"] = 90_001, ["content"] = "abc", ["normalized"] = second });
        });
        var (a, b, _) = Compare(Kinds(a1, a2), Kinds(b1, b2));
        Assert.Equal(equal, a.Value == b.Value);
    }
}
