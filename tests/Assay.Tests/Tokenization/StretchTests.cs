using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

/// <summary>Texts that no pre-tokenizer cuts are cut where no merge reaches across; that may not show.</summary>
public sealed class StretchTests
{
    [Fact]
    public void A_long_text_comes_to_what_joining_it_as_a_whole_comes_to()
    {
        var random = new Random(31);
        for (var round = 0; round < 60; round++)
        {
            List<string> vocabulary = ["?", "a", "b", "c", "▁"];
            List<(string Left, string Right)> merges = [];
            for (var i = 0; i < 14; i++)
            {
                var (left, right) = (vocabulary[random.Next(1, vocabulary.Count)], vocabulary[random.Next(1, vocabulary.Count)]);
                if (merges.Contains((left, right)) || left.Length + right.Length > 8) continue;
                merges.Add((left, right));
                if (!vocabulary.Contains(left + right)) vocabulary.Add(left + right);
            }
            var fuse = random.Next(2) == 0;
            var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json([.. vocabulary], [.. merges.Select(m => $"{m.Left} {m.Right}")], $"\"unk_token\":\"?\",\"fuse_unk\":{(fuse ? "true" : "false")},"));
            for (var text = 0; text < 8; text++)
            {
                var letters = string.Concat(Enumerable.Range(0, random.Next(100, 400)).Select(_ => random.Next(40) == 0 ? "😀" : "aabbcc▁▁xy"[random.Next(10)].ToString()));
                Assert.Equal(Slow(letters, vocabulary, merges, fuse), tokenizer.Encode(letters, false).Select(tokenizer.TokenOf));
            }
        }
    }

    private static List<string> Slow(string text, List<string> vocabulary, List<(string Left, string Right)> merges, bool fuse)
    {
        List<string> symbols = [];
        foreach (var rune in text.EnumerateRunes())
        {
            var known = vocabulary.Contains(rune.ToString()) ? rune.ToString() : "?";
            if (!(fuse && known == "?" && symbols.Count > 0 && symbols[^1] == "?")) symbols.Add(known);
        }
        while (true)
        {
            var best = Enumerable.Range(0, symbols.Count - 1).Select(i => (Rank: merges.IndexOf((symbols[i], symbols[i + 1])), At: i)).Where(p => p.Rank >= 0).Order().FirstOrDefault((-1, -1));
            if (best.Item1 < 0) return symbols;
            symbols[best.Item2] += symbols[best.Item2 + 1];
            symbols.RemoveAt(best.Item2 + 1);
        }
    }
}
