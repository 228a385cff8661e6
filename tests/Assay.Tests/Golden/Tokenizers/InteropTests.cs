using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Tokenization;

namespace Assay.Tests.Golden.Tokenizers;

public class InteropTests
{
    [Theory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("llama2", "llama-spm")]
    [InlineData("phi-3-mini", "phi-3")]
    [InlineData("llama3.2-reconstructed", "llama-bpe")]
    [InlineData("qwen2.5-reconstructed", "qwen2")]
    [InlineData("falcon", "falcon")]
    public void It_gives_the_ids_that_llama_cpp_gives(string name, string vectors)
    {
        var tokenizer = GoldenFiles.OrSkip(() => Tokenizer.Parse(File.ReadAllBytes(GoldenFiles.RequireInterop(Path.Combine("tokenizers", name, "tokenizer.json")))));
        var stem = GoldenFiles.RequireInterop(Path.Combine("tokenizers", "vectors", $"ggml-vocab-{vectors}.gguf.inp"))[..^4];
        var texts = File.ReadAllText(stem + ".inp", Encoding.UTF8).Split("\n__ggml_vocab_test__\n");
        var lines = File.ReadAllLines(stem + ".out");
        List<string> wrong = [];
        for (var i = 0; i < lines.Length; i++)
        {
            var expected = string.Join(' ', lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture)));
            var actual = string.Join(' ', tokenizer.Encode(texts[i], false));
            if (expected != actual) wrong.Add($"{JsonSerializer.Serialize(texts[i])}: expected {expected}, got {actual}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {lines.Length} differ:\n" + string.Join('\n', wrong.Take(8)));
    }

    [Fact]
    public void Stories260k_scores_8287_tokens_of_the_first_25_stories()
    {
        var tokenizer = GoldenFiles.OrSkip(() => Tokenizer.Parse(File.ReadAllBytes(GoldenFiles.RequireInterop(Path.Combine("models", "stories260k", "tokenizer.json")))));
        using var stories = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.RequireInterop(Path.Combine("corpora", "tinystories", "tinystories_1000.json"))));
        Assert.Equal(8287, stories.RootElement.EnumerateArray().Take(25).Sum(story => tokenizer.Encode(story.GetString()!, true).Length - 1));
    }

    [Fact]
    public void Tiny_gpt2_random_reads_back_what_it_writes()
    {
        var tokenizer = GoldenFiles.OrSkip(() => Tokenizer.Parse(File.ReadAllBytes(GoldenFiles.RequireInterop(Path.Combine("models", "tiny-gpt2-random", "tokenizer.json")))));
        Assert.Equal(50257, tokenizer.Count);
        Assert.False(tokenizer.AddsBos);
        Assert.Equal("Well, Prince, naïve 日本", tokenizer.Decode(tokenizer.Encode("Well, Prince, naïve 日本", true), true));
    }

    [Fact]
    public void A_long_book_survives_the_round_trip()
    {
        var tokenizer = GoldenFiles.OrSkip(() => Tokenizer.Parse(File.ReadAllBytes(GoldenFiles.RequireInterop(Path.Combine("tokenizers", "gpt2", "tokenizer.json")))));
        var book = File.ReadAllText(GoldenFiles.RequireInterop(Path.Combine("corpora", "war-and-peace", "war-and-peace.txt")));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var ids = tokenizer.Encode(book, false);
        TestContext.Current.SendDiagnosticMessage($"{book.Length} characters to {ids.Length} ids in {clock.Elapsed}");
        Assert.Equal(book, tokenizer.Decode(ids, false));
    }
}
