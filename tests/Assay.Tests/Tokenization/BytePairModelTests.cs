using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

public class BytePairModelTests
{
    [Fact]
    public void Joining_by_queue_gives_what_joining_the_best_pair_again_and_again_gives()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            List<string> vocabulary = ["a", "b", "c"];
            List<(string Left, string Right)> merges = [];
            for (var i = 0; i < 12; i++)
            {
                var (left, right) = (vocabulary[random.Next(vocabulary.Count)], vocabulary[random.Next(vocabulary.Count)]);
                if (merges.Contains((left, right))) continue;
                merges.Add((left, right));
                if (!vocabulary.Contains(left + right)) vocabulary.Add(left + right);
            }
            var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json([.. vocabulary], [.. merges.Select(m => $"{m.Left} {m.Right}")]));
            for (var text = 0; text < 20; text++)
            {
                var letters = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => "abc"[random.Next(3)]));
                Assert.Equal(Slow(letters, merges), tokenizer.Encode(letters, false).Select(tokenizer.TokenOf));
            }
        }
    }

    [Fact]
    public void Whole_pieces_skip_the_merges_only_where_the_file_says_so()
    {
        Assert.Equal([3], Tokenizer.Parse(TokenizerBuilder.Json(["a", "b", "c", "abc"], model: "\"ignore_merges\":true,")).Encode("abc", false));
        Assert.Equal([0, 1, 2], Tokenizer.Parse(TokenizerBuilder.Json(["a", "b", "c", "abc"])).Encode("abc", false));
    }

    [Theory]
    [InlineData(true, new[] { 0, 1, 0 })]
    [InlineData(false, new[] { 0, 1, 1, 0 })]
    public void Unknown_neighbours_fuse_only_where_the_file_says_so(bool fuse, int[] expected)
        => Assert.Equal(expected, Tokenizer.Parse(TokenizerBuilder.Json(["a", "?"], model: $"\"unk_token\":\"?\",\"fuse_unk\":{(fuse ? "true" : "false")},")).Encode("axya", false));

    [Fact]
    public void Unknown_characters_vanish_where_there_is_no_unknown_token()
        => Assert.Equal([0, 0], Tokenizer.Parse(TokenizerBuilder.Json(["a"])).Encode("axa", false));

    [Fact]
    public void Bytes_stand_in_for_a_character_only_where_all_of_them_are_tokens()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["?", "<0xC3>", "<0xA9>", "a"], model: "\"unk_token\":\"?\",\"byte_fallback\":true,", decoder: """{"type":"ByteFallback"}"""));
        Assert.Equal([3, 1, 2], tokenizer.Encode("aé", false));
        Assert.Equal([3, 0], tokenizer.Encode("aè", false));
        Assert.Equal("aé", tokenizer.Decode([3, 1, 2], false));
        Assert.Equal("a\uFFFDa", tokenizer.Decode([3, 1, 3], false));
    }

    [Fact]
    public void Affixes_mark_the_inner_and_last_symbols_of_a_piece()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a", "##b", "##c</w>", "a##b", "ab"], ["a ##b"], "\"continuing_subword_prefix\":\"##\",\"end_of_word_suffix\":\"</w>\","));
        Assert.Equal(["ab", "##c</w>"], tokenizer.Encode("abc", false).Select(tokenizer.TokenOf));
    }

    private static List<string> Slow(string text, List<(string Left, string Right)> merges)
    {
        var symbols = text.Select(c => c.ToString()).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, symbols.Count - 1).Select(i => (Rank: merges.IndexOf((symbols[i], symbols[i + 1])), At: i)).Where(p => p.Rank >= 0).Order().FirstOrDefault((-1, -1));
            if (best.Item1 < 0) return symbols;
            symbols[best.Item2] += symbols[best.Item2 + 1];
            symbols.RemoveAt(best.Item2 + 1);
        }
    }
}
