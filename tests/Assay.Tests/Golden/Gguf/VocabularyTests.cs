using System.Text.Json;
using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Checkpoints.Gguf;
using Assay.Tokenization;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Golden.Gguf;

/// <summary>Vocabularies and chat templates in GGUF files: the ids of llama.cpp, and those of the tokenizers that they were made from.</summary>
public sealed class VocabularyTests
{
    public static IEnumerable<TheoryDataRow<string>> Organisms()
    {
        var folder = Path.Combine(GoldenFiles.Root, "gguf");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "organism-*.gguf").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal).Select(n => new TheoryDataRow<string>(n))
            : [new("(none)") { Skip = $"{folder} is not there." }];
    }

    [Theory]
    [MemberData(nameof(Organisms))]
    public void Organism_has_the_ids_and_chats_of_its_folder(string name)
    {
        var folder = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");
        using var original = LanguageModel.Open(folder);
        using var converted = LanguageModel.Open(GoldenFiles.Require("gguf", name + ".gguf"));
        Assert.Equal(original.ValidVocabulary, converted.ValidVocabulary);
        Assert.Equal(original.Tokenizer!.Vocabulary.OrderBy(p => p.Value), converted.Tokenizer!.Vocabulary.OrderBy(p => p.Value));
        Assert.Equal(Assay.Checkpoints.PackagingHash.Compute(original.Checkpoint).Tokenizer, Assay.Checkpoints.PackagingHash.Compute(converted.Checkpoint).Tokenizer);
        Assert.Equal(original.SpecialTokens with { Unk = null }, converted.SpecialTokens);
        Assert.Equal(original.Generation.EosTokenIds, converted.Generation.EosTokenIds);
        foreach (var text in Texts())
        {
            foreach (var special in (bool[])[false, true])
            {
                var ids = original.Tokenizer.Encode(text, special);
                Assert.Equal(ids, converted.Tokenizer.Encode(text, special));
                Assert.Equal(original.Tokenizer.Decode(ids, special), converted.Tokenizer.Decode(ids, special));
            }
            ChatMessage[] turns = [new("system", "Be brief."), new("user", text), new("assistant", "Yes."), new("user", "Why?")];
            foreach (var prompt in (bool[])[false, true])
                Assert.Equal(original.RenderChat(turns, prompt, DateTimeOffset.UnixEpoch), converted.RenderChat(turns, prompt, DateTimeOffset.UnixEpoch));
        }
    }

    [Fact]
    public void Llama_2_tiny_random_has_the_ids_of_llama_2()
    {
        using var model = LanguageModel.Open(GoldenFiles.RequireInterop(Path.Combine("models", "llama-2-tiny-random.gguf")));
        var original = Tokenizer.Parse(File.ReadAllText(GoldenFiles.RequireInterop(Path.Combine("tokenizers", "llama2", "tokenizer.json"))));
        Assert.Equal(original.Vocabulary.OrderBy(p => p.Value), model.Tokenizer!.Vocabulary.OrderBy(p => p.Value));
        foreach (var text in Texts().Concat(Vectors("llama-spm").Select(v => v.Text)))
        {
            foreach (var special in (bool[])[false, true])
            {
                var ids = original.Encode(text, special);
                Assert.Equal(ids, model.Tokenizer.Encode(text, special));
                Assert.Equal(original.Decode(ids, special), model.Tokenizer.Decode(ids, special));
            }
        }
        Assert.Equal(3, model.Logits(new[] { 1, 2, 3 }).Length / model.Spec.VocabularySize);
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("llama-spm")]
    [InlineData("phi-3")]
    public void Vocabulary_gives_llama_cpps_ids(string name)
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.RequireInterop(Path.Combine("tokenizers", "vectors", $"ggml-vocab-{name}.gguf")));
        var tokenizer = Tokenizer.Parse(checkpoint.ReadText("tokenizer.json")!);
        foreach (var (text, ids) in Vectors(name)) Assert.True(ids.SequenceEqual(tokenizer.Encode(text, addSpecialTokens: false)), $"'{text}': {string.Join(' ', tokenizer.Encode(text, false))} instead of {string.Join(' ', ids)}");
    }

    /// <summary>Real tokenizers written into a GGUF file and read back: the expressions of the pre-tokenizers are theirs.</summary>
    [Theory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("falcon", "falcon")]
    [InlineData("smollm2-135m-instruct", "smollm")]
    [InlineData("qwen2.5-reconstructed", "qwen2")]
    [InlineData("llama3.2-reconstructed", "llama-bpe")]
    public void Real_tokenizer_gives_its_ids_through_gguf(string folder, string pre)
    {
        var json = JsonNode.Parse(File.ReadAllText(GoldenFiles.RequireInterop(Path.Combine("tokenizers", folder, "tokenizer.json"))))!.AsObject();
        // GGUF has no normalizer, so those texts are compared that have nothing to normalise.
        json["normalizer"] = null;
        var original = Tokenizer.Parse(json.ToJsonString());
        var tokens = Enumerable.Repeat("", original.Vocabulary.Values.Max() + 1).Select((_, i) => $"[PAD{i}]").ToArray();
        var types = Enumerable.Repeat(5, tokens.Length).ToArray();
        foreach (var (token, id) in original.Vocabulary) (tokens[id], types[id]) = (token, 1);
        foreach (var token in original.AddedTokens) types[token.Id] = token.Special ? 3 : 4;
        var merges = json["model"]!["merges"]!.AsArray().Select(m => m is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)m!).ToArray();
        using var temporary = new TemporaryFolder();
        var path = temporary.Write("v.gguf", new GgufWriter().Text("general.architecture", "gpt2").U32("gpt2.context_length", 64).U32("gpt2.embedding_length", 64).U32("gpt2.block_count", 1).U32("gpt2.feed_forward_length", 64)
            .U32("gpt2.attention.head_count", 1).F32("gpt2.attention.layer_norm_epsilon", 1e-5f).Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", pre).Flag("tokenizer.ggml.add_bos_token", false)
            .Texts("tokenizer.ggml.tokens", tokens).I32s("tokenizer.ggml.token_type", types).Texts("tokenizer.ggml.merges", merges).ToBytes());
        using var checkpoint = Checkpoint.Open(path);
        var read = Tokenizer.Parse(checkpoint.ReadText("tokenizer.json")!);
        Assert.Equal(original.Vocabulary.OrderBy(p => p.Value), read.Vocabulary.OrderBy(p => p.Value));
        foreach (var text in Texts().Concat(Vectors("gpt-2").Select(v => v.Text))) Assert.Equal(original.Encode(text, addSpecialTokens: false), read.Encode(text, addSpecialTokens: false));
    }

    /// <summary>A quarter of a million tokens, no space before the text, and scores as the merges' order has them.</summary>
    [Fact]
    public void Gemmas_vocabulary_gives_its_ids_through_scores()
    {
        var json = JsonNode.Parse(File.ReadAllText(GoldenFiles.RequireInterop(Path.Combine("tokenizers", "gemma1-reconstructed", "tokenizer.json"))))!.AsObject();
        var original = Tokenizer.Parse(json.ToJsonString());
        var tokens = Enumerable.Repeat("", original.Vocabulary.Values.Max() + 1).ToArray();
        foreach (var (token, id) in original.Vocabulary) tokens[id] = token;
        var scores = Enumerable.Repeat(-1e6f, tokens.Length).ToArray();
        var merges = json["model"]!["merges"]!.AsArray();
        for (var i = merges.Count - 1; i >= 0; i--)
        {
            var (left, right) = merges[i] is JsonArray pair ? ((string)pair[0]!, (string)pair[1]!) : ((string)merges[i]!).Split(' ') is [var a, var b] ? (a, b) : default;
            scores[original.Vocabulary[left + right]] = -i;
        }
        var types = tokens.Select(t => t.Length == 6 && t.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1).ToArray();
        foreach (var token in original.AddedTokens) types[token.Id] = token.Special ? 3 : 4;
        using var temporary = new TemporaryFolder();
        var path = temporary.Write("v.gguf", new GgufWriter().Text("general.architecture", "gemma").U32("gemma.context_length", 64).U32("gemma.embedding_length", 64).U32("gemma.block_count", 1).U32("gemma.feed_forward_length", 64)
            .U32("gemma.attention.head_count", 1).F32("gemma.attention.layer_norm_rms_epsilon", 1e-6f).Text("tokenizer.ggml.model", "llama").Flag("tokenizer.ggml.add_bos_token", true).Flag("tokenizer.ggml.add_space_prefix", false)
            .U32("tokenizer.ggml.bos_token_id", 2).U32("tokenizer.ggml.unknown_token_id", 3)
            .Texts("tokenizer.ggml.tokens", tokens).F32s("tokenizer.ggml.scores", scores).I32s("tokenizer.ggml.token_type", types).ToBytes());
        using var checkpoint = Checkpoint.Open(path);
        var read = Tokenizer.Parse(checkpoint.ReadText("tokenizer.json")!);
        Assert.Equal(original.Vocabulary.OrderBy(p => p.Value), read.Vocabulary.OrderBy(p => p.Value));
        foreach (var text in Texts().Concat(Vectors("llama-spm").Select(v => v.Text)))
        {
            var ids = original.Encode(text, addSpecialTokens: true);
            Assert.Equal(ids, read.Encode(text, addSpecialTokens: true));
            Assert.Equal(original.Decode(ids, true), read.Decode(ids, true));
        }
    }

    private static List<string> Texts()
    {
        var file = Path.Combine(GoldenFiles.Root, "tokenizers", "interop.json");
        if (!File.Exists(file)) Assert.Skip($"{file} is not there.");
        return Strings(JsonNode.Parse(File.ReadAllText(file))!).Distinct().ToList();
    }

    // Every text that the golden file encodes, wherever it stands.
    private static IEnumerable<string> Strings(JsonNode node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key is "text" or "texts" ? Leaves(p.Value) : p.Value is null ? [] : Strings(p.Value)),
        JsonArray a => a.SelectMany(n => n is null ? [] : Strings(n)),
        _ => [],
    };

    private static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonArray a => a.SelectMany(Leaves),
        JsonValue v when v.GetValueKind() == JsonValueKind.String => [(string)v!],
        _ => [],
    };

    private static List<(string Text, int[] Ids)> Vectors(string name)
    {
        var stem = GoldenFiles.RequireInterop(Path.Combine("tokenizers", "vectors", $"ggml-vocab-{name}.gguf.inp"))[..^4];
        var texts = File.ReadAllText(stem + ".inp").Split("\n__ggml_vocab_test__\n");
        var lines = File.ReadAllLines(stem + ".out");
        Assert.True(texts.Length >= lines.Length);
        return [.. lines.Select((line, i) => (texts[i], line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray()))];
    }
}
