using Assay.Checkpoints;
using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

/// <summary>What a stranger's tokenizer.json may ask for is bounded before it is built: steps, ids around a text, how long a text may grow, and the largest
/// id.</summary>
public class ExpansionTests
{
    private static string Sequence(string list, string step, int count) =>
        $"{{\"type\":\"Sequence\",\"{list}\":[{string.Join(',', Enumerable.Repeat(step, count))}]}}";

    private static string Refusal(string json) => Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(json)).Message;

    [Theory]
    [InlineData("normalizers", """{"type":"NFC"}""")]
    [InlineData("pretokenizers", """{"type":"Digits","individual_digits":true}""")]
    [InlineData("decoders", """{"type":"Fuse"}""")]
    [InlineData("processors", """{"type":"ByteLevel"}""")]
    public void A_sequence_of_twenty_thousand_steps_is_refused_and_one_of_fifty_runs(string list, string step)
    {
        string Json(int count)
        {
            var section = Sequence(list, step, count);
            return list switch
            {
                "normalizers" => TokenizerBuilder.Json(["a"], normalizer: section),
                "pretokenizers" => TokenizerBuilder.Json(["a"], preTokenizer: section),
                "decoders" => TokenizerBuilder.Json(["a"], decoder: section),
                _ => TokenizerBuilder.Json(["a"], postProcessor: section),
            };
        }

        Assert.Contains("at most 64", Refusal(Json(20_000)), StringComparison.Ordinal);
        var tokenizer = Tokenizer.Parse(Json(50));
        Assert.Equal("aa", string.Concat(tokenizer.Decode(tokenizer.Encode("aa", true), true).Where(c => c == 'a')));
    }

    [Fact]
    public void Steps_are_counted_however_they_nest()
    {
        var inner = Sequence("normalizers", """{"type":"NFC"}""", 20);
        Assert.Contains("at most 64", Refusal(TokenizerBuilder.Json(["a"], normalizer: Sequence("normalizers", inner, 20))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_post_processor_of_millions_of_ids_is_refused()
    {
        var ids = string.Join(',', Enumerable.Repeat("0", 3000));
        var many = string.Join(',', Enumerable.Repeat("""{"SpecialToken":{"id":"a","type_id":0}}""", 10_000));
        string Processor(string special, string single) => "{\"type\":\"TemplateProcessing\",\"single\":[" + single
            + ",{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"special_tokens\":{\"a\":{\"id\":\"a\",\"ids\":[" + special + "]}}}";
        Assert.Contains("1024 ids", Refusal(TokenizerBuilder.Json(["a"], postProcessor: Processor(ids, many))), StringComparison.Ordinal);
        Assert.Contains("1024 ids", Refusal(TokenizerBuilder.Json(["a"], postProcessor: Processor("0", many))), StringComparison.Ordinal);
        var some = Processor(string.Join(',', Enumerable.Repeat("0", 600)), """{"SpecialToken":{"id":"a","type_id":0}}""");
        Assert.Contains("1024 ids", Refusal(TokenizerBuilder.Json(["a"], postProcessor: Sequence("processors", some, 2))), StringComparison.Ordinal);
        Assert.Equal(602, Tokenizer.Parse(TokenizerBuilder.Json(["a"], postProcessor: some)).Encode("aa", true).Length);
    }

    [Theory]
    [InlineData(2147483647)]
    [InlineData(16777216)]
    public void An_id_beyond_the_bound_is_refused_wherever_it_stands(int id)
    {
        Assert.Contains("16777215", Refusal(TokenizerBuilder.Json(["a"], addedTokens: $"[{TokenizerBuilder.Added(id, "<x>")}]")), StringComparison.Ordinal);
        Assert.Contains("16777215", Refusal($"{{\"model\":{{\"type\":\"BPE\",\"vocab\":{{\"a\":{id}}},\"merges\":[]}}}}"), StringComparison.Ordinal);
        Assert.Contains("16777215", Refusal(TokenizerBuilder.Json(["a"], postProcessor: "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"special_tokens\":{\"a\":{\"id\":\"a\",\"ids\":[" + id + "]}}}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Pre_tokenizers_that_double_a_text_each_are_stopped()
    {
        var isolate = """{"type":"Split","pattern":{"Regex":"."},"behavior":"Isolated","invert":false}""";
        var doubling = string.Join(',',
            Enumerable.Range(0, 30).Select(i =>
            $"{isolate},{{\"type\":\"Metaspace\",\"replacement\":\"{(char)('b' + i % 20)}\",\"prepend_scheme\":\"always\",\"split\":false}}"));
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], preTokenizer: $"{{\"type\":\"Sequence\",\"pretokenizers\":[{doubling}]}}"));
        Assert.Contains("32 times", Assert.Throws<InvalidInputException>(() => tokenizer.Encode("aaaaaaaa", false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Byte_stand_ins_of_stand_ins_are_stopped()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], preTokenizer: Sequence("pretokenizers", """{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}""", 40)));
        Assert.Contains("32 times", Assert.Throws<InvalidInputException>(() => tokenizer.Encode("ééé", false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decoders_that_multiply_a_text_are_stopped()
    {
        foreach (var step in (string[])["""{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaa"}""", """{"type":"BPEDecoder","suffix":""}"""])
        {
            var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], decoder: Sequence("decoders", step, 60)));
            Assert.Contains("32 times", Assert.Throws<InvalidInputException>(() => tokenizer.Decode([0, 0], false)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_longest_real_expansion_is_within_the_bound()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], normalizer: """{"type":"NFKC"}"""));
        Assert.Empty(tokenizer.Encode(new string('\uFDFA', 10_000), false));
    }

    [Fact]
    public void A_stretch_that_is_not_cut_is_held_to_the_memory_allowed()
    {
        var tokenizer = TokenizerBuilder.Organism();
        var text = new string('a', 1 << 20);
        var refusal = Assert.Throws<InvalidInputException>(() => tokenizer.Encode(text, false, 64 << 20, CancellationToken.None));
        Assert.Contains("--memory", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, false, 256 << 20, CancellationToken.None), false));
    }

    [Fact]
    public void A_cancelled_encoding_ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => TokenizerBuilder.Organism().Encode(new string('a', 1 << 20), false, 1 << 30, source.Token));
        Assert.Throws<OperationCanceledException>(() => TokenizerBuilder.Organism()
            .Encode(string.Concat(Enumerable.Repeat("word ", 100_000)), false, 1 << 30, source.Token));
    }

    [Theory]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}""")]
    [InlineData("""{"version":"\ud800","model":{"type":"BPE","vocab":{},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Replace","pattern":{"String":"\udc00"},"content":""}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["\ud800 a"]}}""")]
    [InlineData("""{"\udfff":1,"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""")]
    public void Half_a_surrogate_pair_is_refused_wherever_it_stands(string json) => Assert.Contains("surrogate", Refusal(json), StringComparison.Ordinal);

    [Fact]
    public void A_whole_surrogate_pair_and_an_escaped_backslash_are_text()
        => Assert.Equal([1, 0], Tokenizer.Parse("""{"model":{"type":"BPE","vocab":{"\ud83d\ude00":0,"\\":1},"merges":[]}}""").Encode("\\😀", false));

    [Theory]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""")]
    [InlineData("""{"version":"1","version":"1","model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","type":"BPE","vocab":{"a":0},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"Fuse","type":"Fuse"}}""")]
    public void A_key_that_stands_twice_is_refused(string json) => Refusal(json);
}
