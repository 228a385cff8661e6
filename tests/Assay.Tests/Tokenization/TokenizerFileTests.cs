using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

/// <summary>The two long lists are read by a scanner, by two threads, or by a JSON reader; none of that may show.</summary>
public sealed class TokenizerFileTests
{
    [Theory]
    [InlineData("""{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}""")]
    [InlineData("""{"model":{"merges":["a b"],"vocab":{"a":0,"b":1,"ab":2}}}""")]
    [InlineData("""{ "model" : { "vocab" : { "a" : 0 , "b":1,"ab" :2 } , "merges" : [ [ "a" , "b" ] ] } , "version":"1.0" }""")]
    [InlineData("""{"model":{"vocab":{"\u0061":0,"\"":3,"b":1,"ab":2,"\\":4,"\ud83d\ude00":5},"merges":["\u0061 b"]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":[["\u0061","\u0062"]]}}""")]
    [InlineData("""{"added_tokens":[{"id":3,"content":"\"merges\": [","normalized":false}],"model":{"vocab":{"a":0,"b":1,"ab":2,"merges":4},"merges":["a b"]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0,"b":1,"ab":2,"c":16777215},"merges":["a b"]}}""")]
    public void Order_spelling_and_spaces_do_not_matter(string json)
    {
        foreach (var text in new[] { json, Padded(json) })
        {
            var tokenizer = Tokenizer.Parse(text);
            Assert.Equal([2, 0, 1 + 1], tokenizer.Encode("abaab", false));
        }
    }

    [Theory]
    [InlineData("""{"model":{"vocab":{"a":0,"b":1,},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":01},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a" 0},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":["a a",]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":["a a"}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[["a","a"}]}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[]}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[]}} x""")]
    [InlineData("{\"model\":{\"vocab\":{\"a\n\":0},\"merges\":[]}}")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":["\x61 a"]}}""")]
    [InlineData("""{"model":{"vocab":{"\ud800":0},"merges":[]}}""")]
    public void What_is_no_json_is_refused_however_it_is_read(string json)
    {
        foreach (var text in new[] { json, Padded(json) })
            Assert.Contains("not valid JSON", Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merges_that_only_seem_to_be_the_models_are_not_taken_for_them()
    {
        // The last list of that name belongs to something else; the reader must notice and begin anew.
        var json = Padded("""{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"other":{"merges":["b a"]}}""");
        Assert.Contains("unknown key 'other'", Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(json)).Message, StringComparison.Ordinal);
        Assert.Contains("'merges' is there twice", Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(Padded("""{"model":{"vocab":{"a":0},"merges":[],"merges":[]}}"""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_refused_with_its_place()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"model":{"vocab":{"a":0,"?":1},"merges":[]}}""");
        bytes[26] = 0xC3;
        Assert.Contains("byte 26 is not UTF-8", Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_token_of_a_large_file_is_found_again()
    {
        var random = new Random(2);
        var tokens = Enumerable.Range(0, 70_000).Select(i => $"t{i}{(i % 7 == 0 ? "\"\\" : "")}{(i % 11 == 0 ? "é漢" : "")}{new string((char)('a' + random.Next(26)), random.Next(1, 20))}").Distinct().ToArray();
        var json = "{\"model\":{\"vocab\":" + JsonSerializer.Serialize(tokens.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i * 3)) + ",\"merges\":[]}}";
        Assert.True(json.Length > 1 << 20);
        var tokenizer = Tokenizer.Parse(json);
        Assert.Equal(tokens.Length, tokenizer.Count);
        Assert.Equal((tokens.Length - 1) * 3, tokenizer.MaxId);
        for (var i = 0; i < tokens.Length; i++)
        {
            Assert.Equal(i * 3, tokenizer.IdOf(tokens[i]));
            Assert.Equal(tokens[i], tokenizer.TokenOf(i * 3));
        }
        Assert.Null(tokenizer.IdOf("t"));
        Assert.Equal(tokens.Length, tokenizer.Vocabulary.Count);
    }

    // Long enough for two threads.
    private static string Padded(string json) => json.Insert(json.IndexOf('{', StringComparison.Ordinal) + 1, "\"padding\":\"" + new string('x', 1 << 20)
        + "\",");
}
