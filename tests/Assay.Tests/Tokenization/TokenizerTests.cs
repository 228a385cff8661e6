using Assay.Checkpoints;
using Assay.Tokenization;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Tokenization;

public class TokenizerTests
{
    private static readonly string[] Letters = ["a", "b", " ", "w", "c"];

    [Fact]
    public void Byte_level_tokenizers_give_back_any_valid_text()
    {
        var tokenizer = TokenizerBuilder.Organism();
        var text = ArbMap.Default.ArbFor<int[]>().Convert(
            points => string.Concat(points.Select(p => (p & 0x7FFFFFFF) % 0x110000).Where(p => p is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32)), s => [.. s.Select(c => (int)c)]);
        Prop.ForAll(text, s => tokenizer.Decode(tokenizer.Encode(s, false), false) == s).QuickCheckThrowOnFailure();
        foreach (var s in new[] { "", "plain words", "naïve 日本語 👍🏽 \u0085\u180E \0", "<|im_start|>user\n" }) Assert.Equal("<|bos|>" + s, tokenizer.Decode(tokenizer.Encode(s, true), false));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("o200k")]
    [InlineData("digits-byte-level")]
    public void Every_byte_level_style_gives_back_any_valid_text(string style)
    {
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(Assay.Tests.Golden.GoldenFiles.Require("tokenizers", Path.Combine(style, "tokenizer.json"))));
        var random = new Random(13);
        for (var round = 0; round < 2000; round++)
        {
            // Blocks of neighbouring code points, as scripts are, and single ones from anywhere.
            var block = random.Next(0x110000);
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(3) switch { 0 => random.Next(0x110000), 1 => block + random.Next(64), _ => random.Next(0x20, 0x7F) })
                .Where(p => p is < 0xD800 or (> 0xDFFF and < 0x110000)).Select(char.ConvertFromUtf32));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, false), false));
        }
    }

    [Fact]
    public void The_organism_opens_with_its_bos()
    {
        var tokenizer = TokenizerBuilder.Organism();
        Assert.True(tokenizer.AddsBos);
        Assert.Equal(tokenizer.IdOf("<|bos|>"), tokenizer.BosAdded);
        Assert.Equal(1280, tokenizer.Count);
        Assert.Equal("a", tokenizer.Decode(tokenizer.Encode("a", true), true));
        Assert.Null(tokenizer.IdOf("no such token"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenOf(1_000_000));
    }

    [Fact]
    public void A_template_that_only_closes_a_text_adds_no_bos()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a", "</s>"], postProcessor:
            """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[],"special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}}"""));
        Assert.False(tokenizer.AddsBos);
        Assert.Equal([0, 1], tokenizer.Encode("a", true));
        Assert.Equal([1], tokenizer.Encode("", true));
    }

    [Theory]
    [InlineData("", "a <t> b", "0 2 9 2 1")]
    [InlineData("\"lstrip\":true", "a <t> b", "0 9 2 1")]
    [InlineData("\"rstrip\":true", "a <t>  b", "0 2 9 1")]
    [InlineData("\"single_word\":true", "a<t>b <t> b", "0 1 2 9 2 1")]
    public void Added_tokens_swallow_the_white_space_they_ask_for(string flags, string text, string expected)
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(Letters, addedTokens: $"[{TokenizerBuilder.Added(9, "<t>", flags)}]"));
        // Between letters a single word is none: its characters vanish, for the vocabulary lacks them.
        Assert.Equal(expected, string.Join(' ', tokenizer.Encode(text, false)));
    }

    [Theory]
    [InlineData("a¹ ½b", "a|¹|½|b")]
    [InlineData("a\u200Db, c!?", "a\u200Db|,|c|!?")]
    [InlineData("Ⅻⓐx_1 - y", "Ⅻⓐx_1|-|y")]
    public void Whitespace_keeps_words_as_the_rust_regex_crate_sees_them(string text, string expected)
    {
        using var json = System.Text.Json.JsonDocument.Parse("""{"type":"Whitespace"}""");
        Assert.Equal(expected, string.Join('|', PieceList.Of(json.RootElement, text)));
    }

    [Fact]
    public void The_leftmost_then_the_longest_added_token_wins()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(Letters, addedTokens: $"[{TokenizerBuilder.Added(7, "xy")},{TokenizerBuilder.Added(8, "xyz")},{TokenizerBuilder.Added(9, "yzzz")}]"));
        Assert.Equal([8, 7, 0, 9], tokenizer.Encode("xyzxyayzzz", false));
    }

    [Fact]
    public void Normalized_added_tokens_are_sought_in_the_normalized_text()
    {
        var tokens = """[{"id":7,"content":"NO","normalized":true,"special":false},{"id":8,"content":"RAW","normalized":false,"special":false}]""";
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(Letters, normalizer: """{"type":"Lowercase"}""", addedTokens: tokens));
        Assert.Equal([7, 7, 8, 0, 3], tokenizer.Encode("noNORAWraw", false));
    }

    [Fact]
    public void A_lone_surrogate_in_a_text_is_refused_with_its_place()
    {
        var tokenizer = TokenizerBuilder.Organism();
        Assert.Contains("U+D800, at 1", Assert.Throws<InvalidInputException>(() => tokenizer.Encode("a\uD800", false)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => tokenizer.Encode("\uDC00a", false));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\\ud800\":0},\"merges\":[]}}"));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' }));
    }

    [Fact]
    public void Every_unsupported_component_is_named_at_once()
    {
        var json = TokenizerBuilder.Json(["a"], normalizer: """{"type":"Precompiled"}""", preTokenizer: """{"type":"UnicodeScripts"}""", postProcessor: """{"type":"RobertaProcessing"}""",
            decoder: """{"type":"CTC"}""", model: "\"dropout\":0.1,\"mystery\":1,");
        var refused = Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(json, "that.json"));
        foreach (var name in new[] { "Precompiled", "UnicodeScripts", "RobertaProcessing", "CTC", "dropout", "mystery" }) Assert.Contains(refused.Problems, p => p.StartsWith("that.json", StringComparison.Ordinal) && p.Contains(name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"type":"WordLevel","vocab":{}}""", "WordLevel")]
    [InlineData("""{"type":"Unigram","vocab":{"a":0}}""", "a list of tokens")]
    [InlineData("""{"type":"BPE","vocab":[["a",0]],"merges":[]}""", "a map of tokens")]
    [InlineData("""{"type":"Unigram","vocab":[["a"]]}""", "entry 0")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0],["a",-1]]}""", "'a' occurs twice")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]],"unk_id":1}""", "unk_id")]
    [InlineData("""{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100}""", "unk_token")]
    [InlineData("""{"type":"WordPiece","vocab":{"a":0},"unk_token":"a","max_input_chars_per_word":100}""", "continuing_subword_prefix")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}""", "'a' occurs twice")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"vocab":{"b":0},"merges":[]}""", "is there twice")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a",["a"]]]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[{"a":1}]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}""", "the id 0")]
    [InlineData("""{"type":"BPE","vocab":{"a":-1},"merges":[]}""", "integer id")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["a b c"]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}""", "unk_token")]
    [InlineData("[]", "expected an object")]
    public void A_broken_model_is_refused_with_what_is_wrong(string model, string expected)
        => Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => Tokenizer.Parse("{\"model\":" + model + "}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Conflicting_added_tokens_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(TokenizerBuilder.Json(["a", "b"], addedTokens: $"[{TokenizerBuilder.Added(1, "a")}]")));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(TokenizerBuilder.Json(["a", "b"], addedTokens: $"[{TokenizerBuilder.Added(1, "x")}]")));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(TokenizerBuilder.Json(["a"], addedTokens: $"[{TokenizerBuilder.Added(1, new string('x', 2000))}]")));
    }

    [Fact]
    public void Truncation_and_padding_are_reported_and_ignored()
    {
        var json = TokenizerBuilder.Json(["a"]).Replace("\"truncation\":null", "\"truncation\":{\"max_length\":2}", StringComparison.Ordinal);
        var tokenizer = Tokenizer.Parse(json);
        Assert.Equal(["truncation"], tokenizer.IgnoredSections);
        Assert.Equal(5, tokenizer.Encode("aaaaa", true).Length);
    }
}
